"""`instrument` as configuration: names, what is missing, the table; and where a framework's steps stand."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor

import longpole
from longpole.model.errors import MissingPackage, UnknownLibrary
from longpole.record.current import MORE, current
from longpole.record.instrument import instrument, instrumented
from longpole.record.instrument.framework_steps import FrameworkSteps, never_raises, site_named
from longpole.record.instrument.libraries import LIBRARIES, Library
from longpole.record.trouble import counts

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "instrument.md"
EIGHT = {"openai", "anthropic", "httpx", "sqlalchemy", "asyncpg", "redis", "openai_agents", "langgraph"}
STEP = site_named("step", "processing")


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    with pytest.raises(UnknownLibrary, match=r"'opanai'.*Expected one of openai, anthropic.*Choose") as told:
        instrument("openai", "opanai")
    assert isinstance(told.value, LookupError)
    assert instrumented() == ()  # all or nothing


def test_a_missing_library_is_told_with_the_command_that_installs_it() -> None:
    with pytest.raises(
        MissingPackage, match=r"crewai is not installed.*Install it: pip install crewai openinf"
    ) as told:
        instrument("crewai")
    assert isinstance(told.value, ImportError)


def test_a_missing_instrumentor_is_told_with_the_command_that_installs_it() -> None:
    needed = "opentelemetry-instrumentation-sqlite3"
    with pytest.raises(MissingPackage, match=rf"{needed} is not installed.*pip install {needed} opentelemetry-sdk"):
        instrument("sqlite3")


def test_the_table_has_the_promised_libraries() -> None:
    assert set(LIBRARIES) >= EIGHT


@pytest.mark.parametrize("row", LIBRARIES.values(), ids=LIBRARIES)
def test_each_row_names_what_exists(row: Library) -> None:
    for target in row.everything:
        module, _, name = target.how.partition(":")
        if module.startswith("longpole."):
            assert Path(longpole.__file__).parent.joinpath(*module.split(".")[1:]).with_suffix(".py").exists()
        elif row.name in EIGHT:
            assert issubclass(getattr(import_module(module), name), BaseInstrumentor)
    assert bool(row.package) == any(":" in target.how for target in row.targets)


def test_an_instrumentor_of_ours_is_not_taken_for_one_of_the_programs() -> None:
    ours = {target.how.partition(":")[0] for row in LIBRARIES.values() for target in row.targets}
    assert ours & {module for row in LIBRARIES.values() for module in row.others} == set()


def test_the_page_lists_every_library_as_the_table_has_it() -> None:
    listed = re.findall(r"^\| `(\w+)` \| (\w+) \| `(.+)` \|$", PAGE.read_text(), re.MULTILINE)
    assert listed == [(row.name, row.kind, row.command) for row in LIBRARIES.values()]


def test_siblings_of_a_framework_in_one_context_stand_side_by_side(recorded: Any) -> None:
    steps = FrameworkSteps()
    steps.start("graph", None, site_named("graph", "processing"))
    steps.start("left", "graph", site_named("left", "processing"))
    steps.start("right", "graph", site_named("right", "processing"))
    for key in ("left", "right", "graph"):
        steps.end(key)
    assert (recorded.parent_of("left"), recorded.parent_of("right")) == ("graph", "graph")
    assert current.get() is None


def test_a_step_of_the_program_stands_between_two_of_the_framework(recorded: Any) -> None:
    steps = FrameworkSteps()
    steps.start("tool", None, site_named("tool", "tool"))
    with longpole.time_step("mine"):
        steps.start("inner", "tool", site_named("inner", "processing"))
        steps.end("inner")
    steps.end("tool")
    assert recorded.parent_of("inner") == "mine"
    assert recorded.parent_of("mine") == "tool"


def test_what_starts_after_a_step_whose_end_was_told_elsewhere_is_not_below_it(recorded: Any) -> None:
    steps = FrameworkSteps()
    with longpole.time_step("outer"):
        record = steps.start("told", None, site_named("told", "processing"))
        steps.end("told")
        current.set(record)  # as it is where the end was told in a copy of this context
        with longpole.time_step("after"):
            pass
    assert recorded.parent_of("after") == "outer"


def test_steps_that_never_end_are_forgotten_in_the_end(recorded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("longpole.record.instrument.framework_steps.MOST_OPEN", 3)
    steps = FrameworkSteps()
    for number in range(10):
        steps.start(number, None, STEP)
    assert [steps.record(number) is not None for number in range(10)] == [False] * 7 + [True] * 3


def test_an_exception_that_was_being_handled_before_is_not_the_steps(recorded: Any) -> None:
    steps = FrameworkSteps()
    try:
        raise ValueError("before")
    except ValueError:
        steps.start("step", None, STEP)
        assert steps.leaving("step") is None
        try:
            raise KeyError("now")
        except KeyError:
            assert isinstance(steps.leaving("step"), KeyError)


def test_while_recording_is_off_nothing_is_kept() -> None:
    steps = FrameworkSteps()
    assert steps.start("step", None, STEP) is None
    steps.end("step")


def test_what_fails_in_a_handler_is_told_and_not_raised(caplog: pytest.LogCaptureFixture) -> None:
    @never_raises
    def handler(_: str) -> None:
        raise RuntimeError("an event of a later version")

    handler("x")
    assert counts[handler.__qualname__] == 1
    assert "an event of a later version" in caplog.text


def test_the_attributes_of_a_left_out_step_are_not_kept(record_with: Any) -> None:
    record_with(sampling_rate=0.0)
    steps = FrameworkSteps()
    record = steps.start("step", None, STEP)
    steps.end("step", attributes={"a": 1})
    assert record is not None
    assert record[MORE] is None
