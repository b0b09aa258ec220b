"""Operations as they are run: rounds, percentiles, errors, and what happens inside, by a clock that the test moves."""

import asyncio
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from longpole.record import current, profiled_call
from longpole.record.profile_switch import switch
from longpole.record.profiler import PerformanceProfiler, profile_async, profile_sync
from longpole.testing import measure
from longpole.testing.measure import OperationOutcome, measure_operation
from longpole.testing.targets import read_targets

MS = 1_000_000
Measure = Callable[..., OperationOutcome]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=10**9)
    for module in (current, profiled_call, measure):
        monkeypatch.setattr(module, "steady_ns", lambda: clock.now)
    return clock


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Measure]:
    """Measures a function by the fields of a targets file."""

    def run(function: Any, fields: str = "", on_round: Callable[[], None] = lambda: None) -> OperationOutcome:
        module = ModuleType("measured_operations")
        module.operation = function  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "measured_operations", module)
        (target,) = read_targets(f"operations: {{ask: {{run: 'measured_operations:operation', {fields}}}}}")
        return measure_operation(target, tmp_path, on_round)

    before = switch.is_on
    yield run
    switch.is_on = before
    PerformanceProfiler().reset()


def test_every_round_is_measured_and_warm_up_is_not(run: Measure, clock: SimpleNamespace) -> None:
    durations = iter([900, 10, 30, 20, 50, 40])
    rounds: list[int] = []

    def operation() -> None:
        clock.now += next(durations) * MS

    outcome = run(operation, "rounds: 5, target_ms: 30", lambda: rounds.append(1))
    assert outcome.durations_ns == [10 * MS, 30 * MS, 20 * MS, 50 * MS, 40 * MS]
    figures = outcome.figures
    assert figures is not None
    assert (figures.count, figures.min_ns, figures.max_ns, figures.mean_ns) == (5, 10 * MS, 50 * MS, 30 * MS)
    assert (figures.p50_ns, figures.p95_ns, figures.p99_ns) == (30 * MS, 50 * MS, 50 * MS)
    assert (outcome.status, outcome.measured_ns) == ("passed", 30 * MS)
    assert len(rounds) == 6


@pytest.mark.parametrize(("percentile", "status"), [("p50", "passed"), ("p95", "missed"), ("max", "missed")])
def test_the_percentile_of_the_target_decides(
    run: Measure, clock: SimpleNamespace, percentile: str, status: str
) -> None:
    durations = iter([10, 10, 10, 90])

    def operation() -> None:
        clock.now += next(durations) * MS

    assert run(operation, f"rounds: 4, warmup: 0, target_ms: 20, percentile: {percentile}").status == status


def test_async_operations_run_at_once_as_often_as_they_should(run: Measure) -> None:
    open_now: list[int] = []
    most: list[int] = []

    async def operation(value: int, *, name: str) -> None:
        assert (value, name) == (3, "x")
        open_now.append(1)
        most.append(len(open_now))
        await asyncio.sleep(0)
        open_now.pop()

    outcome = run(operation, "args: {value: 3, name: x}, rounds: 12, warmup: 2, concurrency: 4")
    assert (outcome.status, len(outcome.durations_ns), len(most)) == ("measured", 12, 14)
    assert max(most) == 4


def test_sync_operations_run_at_once_in_threads(run: Measure) -> None:
    together = threading.Barrier(3)

    def operation(_: int) -> None:
        together.wait(10)

    outcome = run(operation, "args: [1], rounds: 9, warmup: 0, concurrency: 3")
    assert (outcome.errors, len(outcome.durations_ns)) == (0, 9)


def test_an_operation_that_raises_has_failed_with_its_first_error_and_the_others_count(run: Measure) -> None:
    numbers = iter(range(1, 100))

    def operation() -> None:
        if (number := next(numbers)) % 2 == 0:
            raise ValueError(f"round {number}")

    outcome = run(operation, "rounds: 6, warmup: 1, target_s: 10")
    assert (outcome.status, outcome.errors, outcome.error) == ("failed", 3, "ValueError: round 2")
    assert len(outcome.durations_ns) == 3


@pytest.mark.parametrize("error", [SystemExit(3), asyncio.CancelledError(), KeyError("x")])
def test_no_error_of_an_operation_ends_the_run(run: Measure, error: BaseException) -> None:
    async def operation() -> None:
        raise error

    outcome = run(operation, "rounds: 3")
    assert (outcome.status, outcome.durations_ns) == ("failed", [])
    assert outcome.error is not None
    assert outcome.error.startswith(type(error).__name__)


def test_an_interrupt_ends_the_run(run: Measure) -> None:
    def operation() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(operation)


def test_profiled_functions_inside_are_judged_and_coordination_is_what_they_leave(
    run: Measure, clock: SimpleNamespace
) -> None:
    @profile_sync("call agent")
    def call_agent() -> None:
        clock.now += 300 * MS

    @profile_sync("load")
    def load() -> None:
        clock.now += 20 * MS

    def operation() -> None:
        clock.now += 5 * MS
        load()
        call_agent()
        call_agent()

    outcome = run(operation, "rounds: 2, inside: {call agent: {target_ms: 310}, load: {target_ms: 10}, none: {}}")
    agent, loaded, none = outcome.inside
    assert (agent.status, loaded.status) == ("passed", "missed")
    assert agent.figures is not None
    assert agent.figures.count == 4
    assert (none.status, none.error) == ("failed", "no profiled operation of the name none ran")
    assert outcome.coordination_ns == 5 * MS
    assert [each.name for each in outcome.profiled] == ["call agent", "load"]


def test_an_error_inside_is_told_even_where_the_operation_survives_it(run: Measure) -> None:
    @profile_async("call agent")
    async def call_agent() -> None:
        raise TimeoutError("no answer")

    async def operation() -> None:
        await asyncio.gather(call_agent(), return_exceptions=True)

    outcome = run(operation, "rounds: 2, inside: {call agent: {target_s: 1}}")
    assert outcome.status == "measured"
    (agent,) = outcome.inside
    assert (agent.status, agent.errors, agent.error) == ("failed", 2, "TimeoutError: no answer")


def test_operations_are_found_in_files_beside_the_targets_and_in_modules(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("VALUE = 1\n")
    (tmp_path / "own_agents.py").write_text(
        "import beside\n\nnumber = 7\n\nclass Coach:\n    @staticmethod\n    def ask():\n        return beside.VALUE\n"
    )
    (tmp_path / "broken.py").write_text("raise RuntimeError('at import')\n")
    text = "operations: {ask: {run: 'RUN', rounds: 1}}"

    def outcome(name: str) -> tuple[str, str | None]:
        (target,) = read_targets(text.replace("RUN", name))
        found = measure_operation(target, tmp_path)
        return found.status, found.error

    before = list(sys.path)
    try:
        assert outcome("own_agents.py:Coach.ask") == ("measured", None)
        assert outcome("own_agents:Coach.ask") == ("measured", None)
        assert outcome("own_agents.py:nothing") == ("failed", "LookupError: own_agents.py has no function nothing")
        assert outcome("own_agents.py:number")[1] == "LookupError: number of own_agents.py cannot be called: it is int"
        assert outcome("broken.py:ask") == ("failed", "RuntimeError: at import")
        assert outcome("no_such_module:ask")[1] == "ModuleNotFoundError: No module named 'no_such_module'"
        assert str(outcome("nowhere.py:ask")[1]).startswith("LookupError: there is no file")
    finally:
        sys.path[:] = before
        sys.modules.pop("own_agents", None)
        sys.modules.pop("beside", None)
