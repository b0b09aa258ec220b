"""How much of an execution is explained, from spans through a real DuckDB to the view."""

from collections.abc import Iterator

import pytest

from execution_trees import SECOND, TRACE, agent, fact, span_id
from longpole.ingest.facts import Facts
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.event import Event
from longpole.reports.coverage import coverage_of
from longpole.reports.filters import GapLimit, read_gap_limit
from longpole.reports.one_execution import tree_of
from longpole.reports.views import Coverage
from longpole.store.engine import Engine
from longpole.store.store import open_store
from triage_example import CHILD_ID, EXECUTION_ID, triage_batch

MS = 1_000_000
RUNNING_TRACE = "9" * 32


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def covered(store: Engine, *facts: Facts, name: str = TRACE, gap_ms: float = 100) -> Coverage:
    """The coverage of the execution of this name, once these spans are stored."""
    rows = build_rows(facts, now_ns=100 * SECOND)
    store.write(Batch(executions=rows.executions, steps=rows.steps, events=rows.events, decisions=rows.decisions))
    return coverage_of(store, name, GapLimit(gap_ns=round(gap_ms * MS)))


def gaps_of(coverage: Coverage) -> list[tuple[str, str | None, str | None, int, int]]:
    return [(gap.inside, gap.before, gap.after, gap.offset_ns // MS, gap.duration_ns // MS) for gap in coverage.gaps]


def test_gaps_have_names_places_and_neighbours(store: Engine) -> None:
    store.write(triage_batch())
    coverage = coverage_of(store, EXECUTION_ID, GapLimit())
    assert gaps_of(coverage) == [
        ("claims-triage", None, "get_profile", 0, 500),
        ("damage-assessor", None, "look", 5000, 500),
        ("claims-triage", "damage-assessor", None, 9000, 1000),
    ]
    assert (coverage.share, coverage.unexplained_ns, coverage.largest_gap_ns) == (0.79, 2_100 * MS, SECOND)
    assert (coverage.operations, coverage.timed, coverage.untimed) == (11, 11, [])


def test_of_a_child_only_its_own_time_counts(store: Engine) -> None:
    store.write(triage_batch())
    coverage = coverage_of(store, CHILD_ID, GapLimit())
    assert gaps_of(coverage) == [("damage-assessor", None, "look", 0, 500)]
    assert (coverage.share, coverage.operations) == (0.85, 3)


def test_a_gap_as_long_as_the_limit_is_not_over_it(store: Engine) -> None:
    step = fact(1, 0, start=100 * MS, end=SECOND)
    assert covered(store, agent(0, start=0, end=SECOND), step).gaps == []
    assert len(covered(store, gap_ms=99.999).gaps) == 1


def test_a_gap_says_where_in_the_code_and_in_which_stage_it_is(store: Engine) -> None:
    top = agent(0, start=0, end=9 * SECOND, code_file="triage.py", code_line=12, code_function="triage")
    load = fact(1, 0, start=0, end=5 * SECOND, name="load", code_file="load.py", code_line=40, code_function="load")
    row = fact(2, 1, start=0, end=3 * SECOND, name="row")
    place = {"workspace": "default", "trace_id": TRACE, "span_id": span_id(0), "execution_id": None, "received_ns": 1}
    stages = [(0, "init", "started"), (4, "init", "completed"), (5, "post_process", "started")]
    top.events = [
        Event(event_index=at, time_ns=at * SECOND, name="stage", kind="stage", stage=stage, status=status, **place)
        for at, stage, status in stages
    ]
    first, second = covered(store, top, load, row).gaps
    assert (first.inside, first.is_agent, first.before_id, first.stage) == ("load", False, span_id(2), "init")
    assert (first.code_file, first.code_line, first.code_function) == ("load.py", 40, "load")
    assert (second.inside, second.is_agent, second.before, second.stage) == ("a0", True, "load", "post_process")
    assert (second.code_file, second.code_line) == ("triage.py", 12)


def test_a_step_outside_of_any_agent_explains_its_own_time(store: Engine) -> None:
    assert covered(store, fact(0, start=0, end=9 * SECOND)).share == 1.0


def test_what_still_runs_is_untimed_and_covers_the_time_so_far(store: Engine) -> None:
    store.write(triage_batch(trace_id=RUNNING_TRACE, is_running=True), fresh=True)
    coverage = coverage_of(store, RUNNING_TRACE, GapLimit())
    assert (coverage.is_running, coverage.duration_ns) == (True, 8 * SECOND)
    assert [(operation.name, operation.reason) for operation in coverage.untimed] == [
        ("claims-triage", "open"),
        ("damage-assessor", "open"),
        ("price", "open"),
    ]
    assert coverage.timed == coverage.operations - 3 == 8


def test_a_step_whose_parent_never_arrived_is_untimed_and_explains_nothing(store: Engine) -> None:
    lost = fact(2, 7, start=2 * SECOND, end=8 * SECOND, name="lost")
    coverage = covered(store, agent(0, start=0, end=9 * SECOND), fact(1, 0, start=0, end=2 * SECOND), lost)
    assert [(operation.name, operation.reason) for operation in coverage.untimed] == [("lost", "no_parent")]
    assert (coverage.operations, coverage.timed) == (3, 2)
    assert gaps_of(coverage) == [("a0", "s1", None, 2000, 7000)]


def test_what_called_the_execution_need_not_be_stored(store: Engine) -> None:
    request = fact(1, 7, start=0, end=9 * SECOND, category="http")
    called = agent(0, 1, start=0, end=SECOND)
    coverage = covered(store, request, called, fact(2, 0, start=0, end=SECOND))
    assert (coverage.untimed, coverage.operations, coverage.share) == ([], 2, 1.0)


def test_the_tree_brings_the_same_in_a_few_numbers(store: Engine) -> None:
    store.write(triage_batch())
    summary = tree_of(store, EXECUTION_ID).coverage
    assert (summary.share, summary.gaps, summary.largest_gap_ns) == (0.79, 3, SECOND)
    assert (summary.operations, summary.timed) == (11, 11)


def test_an_execution_that_is_not_stored_is_not_found(store: Engine) -> None:
    with pytest.raises(NotFound, match="There is no execution"):
        coverage_of(store, "f" * 48, GapLimit())


@pytest.mark.parametrize(("text", "gap_ns"), [("", 100 * MS), ("0", 0), ("0.5", MS // 2), ("250", 250 * MS)])
def test_the_limit_is_a_number_of_milliseconds(text: str, gap_ns: int) -> None:
    assert read_gap_limit([("gap_ms", text)]) == GapLimit(gap_ns=gap_ns)


@pytest.mark.parametrize("text", ["-1", "soon", "1s", "inf", "9" * 400])
def test_another_limit_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="Expected a number of milliseconds"):
        read_gap_limit([("gap_ms", text)])
