"""Long time ranges are told by day rollups as the rows would tell them, on every engine, whatever comes late."""

import random
from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeVar

import pytest
from msgspec import Struct
from msgspec.structs import asdict, replace

from contract.rows import WORKSPACE, joined, trace
from contract.test_rollups import weighted_quantile
from longpole.model.batch import Batch
from longpole.model.clock import DAY_NS
from longpole.model.execution import Execution
from longpole.model.rollup import RollupKind
from longpole.model.step import Step
from longpole.reports.agent_performance import performance_of
from longpole.reports.filter_values import Scope
from longpole.reports.filters import AgentFilters, TrendFilters
from longpole.reports.overview import overview_of
from longpole.reports.trend import trend_of
from longpole.store.day_rollups import window_of
from longpole.store.engine import Engine
from longpole.store.removal import Meant, deletions, traces_meant
from longpole.store.retention import Removed, remove_traces
from longpole.store.rollups import refresh_rollups
from longpole.wire.longpole_names import TOTAL_TOKENS

FIRST_NS = 1_790_000_000_000_000_000 // DAY_NS * DAY_NS
HOUR_NS = DAY_NS // 24
WIDTH_NS = 12 * HOUR_NS
DAYS = 9
EACH = 12
NOW_NS = FIRST_NS + DAYS * DAY_NS - 2 * HOUR_NS
"""Late on the last day."""

Row = TypeVar("Row", Execution, Step)
LARGEST = 2**63 - 1
EVERYTHING = {"everything": (0, LARGEST)}
RANGES = {
    "from noon to noon": (FIRST_NS + DAY_NS // 2, FIRST_NS + 6 * DAY_NS + DAY_NS // 2),
    "whole days": (FIRST_NS + DAY_NS, FIRST_NS + 5 * DAY_NS),
    "two days": (FIRST_NS + DAY_NS, FIRST_NS + 3 * DAY_NS),
    "an hour": (NOW_NS - HOUR_NS, LARGEST),
}
SCOPES = (
    Scope(),
    Scope(workspace="other"),
    Scope(agent="agent 1"),
    Scope(environment="staging"),
    Scope(version="2", workspace=WORKSPACE),
    Scope(agent="nobody"),
)


class Counting:
    """An engine that prefers rollups, or does not, and notes which queries it was asked."""

    def __init__(self, engine: Engine, *, prefers_rollups: bool = True) -> None:
        self.server, self.is_shared, self.prefers_rollups = engine.server, engine.is_shared, prefers_rollups
        self.kept = None
        self.migrate, self.write, self.close = engine.migrate, engine.write, engine.close
        self.asked: set[str] = set()
        self._engine = engine

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
        self.asked.add(query)
        return self._engine.rows(query, parameters)


def run(work: Generator[None, None, Any]) -> Any:
    """The answer of a generator that is run to its end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def refresh(store: Engine, now_ns: int = NOW_NS, *, is_thorough: bool = False) -> int:
    return run(refresh_rollups(Counting(store), width_ns=WIDTH_NS, now_ns=now_ns, is_thorough=is_thorough))


def of_day(day: int, number: int, *, received_ns: int | None = None, **told: Any) -> Batch:
    """A varied execution with its steps on a day, each number another one; never at the very ends of the day."""
    chance = random.Random(number)
    batch = trace(number, workspace=chance.choice([WORKSPACE, WORKSPACE, "other"]))
    same: dict[str, Any] = {
        "environment": chance.choice(["production", "staging", None]),
        "version": chance.choice(["1", "2", None]),
        "weight": 4.0 if number % 2 else 1.0,
    }
    at_ns = FIRST_NS + day * DAY_NS + HOUR_NS + chance.randrange(20 * HOUR_NS)
    [execution] = batch.executions
    shift_ns = at_ns - execution.started_ns
    told_cost, told_tokens = chance.choice([None, 2_700]), chance.random() < 0.7
    steps = [
        replace(
            step,
            **same,
            agent=execution.agent,
            status=chance.choice(["success", "failed"]),
            input_tokens=step.input_tokens if told_tokens else None,
            cost_usd_nanos=told_cost if step.is_counted else None,
            self_ns=700,
        )
        for step in batch.steps
    ]
    calls = [step for step in steps if step.is_counted]
    own: dict[str, Any] = {
        "status": chance.choice(["success", "success", "failed", "timeout", "crashed", "skipped"]),
        "parent_execution_id": chance.choice([None, None, "another"]),
        "self_input_tokens": sum(step.input_tokens or 0 for step in calls) if told_tokens else None,
        "self_cost_usd_nanos": told_cost and told_cost * len(calls),
        "model_calls": len(calls),
        "model_calls_without_usage": 0 if told_tokens else len(calls),
        "model_calls_without_cost": 0 if told_cost else len(calls),
        "tool_calls": 2,
        "self_ns": 5_000,
        "is_counted": number % 7 == 0,
        "error_type": chance.choice(["ValueError", None]),
    }
    batch.executions = [_moved(replace(execution, **{**same, **own, **told}), shift_ns, received_ns)]
    batch.steps = [_moved(step, shift_ns, received_ns) for step in steps]
    batch.events, batch.decisions, batch.bodies = [], [], []
    return batch


def _moved(row: Row, shift_ns: int, received_ns: int | None) -> Row:
    ended_ns = None if row.ended_ns is None else row.ended_ns + shift_ns
    came_ns = row.received_ns + shift_ns if received_ns is None else received_ns
    return replace(row, started_ns=row.started_ns + shift_ns, ended_ns=ended_ns, received_ns=came_ns)


def days(first: int, last: int) -> Batch:
    """All executions of some days; there is nothing on the fifth one."""
    return joined(of_day(day, day * EACH + number) for day in range(first, last) if day != 4 for number in range(EACH))


@pytest.fixture
def filled(store: Engine) -> Engine:
    store.write(days(0, DAYS))
    refresh(store)
    return store


def answers(store: Engine, scope: Scope, ends: tuple[int, int]) -> list[Any]:
    """What every report that rollups can tell says of a range of times."""
    ranged = replace(scope, from_ns=ends[0], to_ns=ends[1])
    told: list[Any] = [overview_of(store, ranged)]
    if scope.agent is not None:
        told.append(performance_of(store, AgentFilters(scope=ranged, agent=scope.agent)))
    for operation in ("look it up", "agent 1"):
        filters = {name: getattr(scope, name) for name in ("workspace", "environment", "version")}
        told.append(trend_of(store, TrendFilters(operation=operation, days=DAYS - 1, **filters), NOW_NS))
    return told


def assert_same(
    store: Engine,
    *,
    ranges: Mapping[str, tuple[int, int]] = EVERYTHING,
    scopes: Sequence[Scope] = (Scope(), Scope(agent="agent 1")),
    least_days: int = 1,
) -> None:
    """Rollups and rows say the same of every range with every filter, percentiles within 1 %."""
    rolled, raw = Counting(store), Counting(store, prefers_rollups=False)
    window = window_of(rolled, 0, LARGEST)
    assert window is not None
    assert len(window.days) >= least_days
    for name, ends in ranges.items():
        for scope in scopes:
            for ours, theirs in zip(answers(rolled, scope, ends), answers(raw, scope, ends), strict=True):
                difference = first_difference(asdict(ours), asdict(theirs))
                assert not difference, f"{name}, {scope}: {difference}"


def first_difference(ours: Any, theirs: Any, name: str = "") -> str:
    """Where two views part, or an empty text."""
    if isinstance(ours, Struct):
        return first_difference(asdict(ours), asdict(theirs), name)
    if isinstance(ours, dict):
        parts = (first_difference(ours[key], value, f"{name}.{key}") for key, value in theirs.items())
        return next((part for part in parts if part), "")
    if isinstance(ours, list):
        if len(ours) != len(theirs):
            return f"{name} has {len(ours)}, not {len(theirs)}"
        parts = (
            first_difference(*pair, f"{name}[{place}]") for place, pair in enumerate(zip(ours, theirs, strict=True))
        )
        return next((part for part in parts if part), "")
    if name.endswith(("p50_ns", "p95_ns", "p99_ns")) and theirs is not None:
        return "" if ours == pytest.approx(theirs, rel=0.01) else f"{name} is {ours}, not {theirs}"
    # Sums of weights may differ by rounding, sums of nanoseconds by one for each row of the rollups.
    is_same = ours == (pytest.approx(theirs, rel=1e-6, abs=0.5) if isinstance(theirs, float | int) else theirs)
    return "" if is_same else f"{name} is {ours}, not {theirs}"


def test_a_long_range_is_told_by_rollups_as_by_its_rows(filled: Engine) -> None:
    assert_same(filled, scopes=SCOPES, least_days=DAYS - 1)
    assert_same(filled, ranges=RANGES)


def test_percentiles_of_a_long_range_are_within_one_percent(filled: Engine) -> None:
    rows = [(row.duration_ns or 0, row.weight) for row in days(0, DAYS).executions]
    found = overview_of(Counting(filled), Scope()).totals
    for value, share in ((found.p50_ns, 0.5), (found.p95_ns, 0.95), (found.p99_ns, 0.99)):
        assert value == pytest.approx(weighted_quantile(rows, share), rel=0.0101)


def test_the_days_of_a_long_range_are_not_read_row_by_row(filled: Engine) -> None:
    rolled = Counting(filled)
    overview_of(rolled, Scope())
    performance_of(rolled, AgentFilters(scope=Scope(agent="agent 1"), agent="agent 1"))
    assert {"overview_executions", "overview_categories", "agent_totals", "agent_model_calls"}.isdisjoint(rolled.asked)
    assert window_of(rolled, *RANGES["an hour"]) is None
    one = AgentFilters(scope=Scope(agent="agent 1"), agent="agent 1", session="s1")
    rolled.asked.clear()
    assert performance_of(rolled, one) == performance_of(Counting(filled, prefers_rollups=False), one)
    assert "rollups_summed" not in rolled.asked


def test_a_day_without_anything_is_told_as_well(filled: Engine) -> None:
    window = window_of(Counting(filled), FIRST_NS, FIRST_NS + 8 * DAY_NS)
    assert window is not None
    assert FIRST_NS + 4 * DAY_NS in window.days
    assert window.ranges == []


def test_tokens_that_a_client_told_only_as_a_sum_are_counted(filled: Engine) -> None:
    late = of_day(2, 2002, received_ns=NOW_NS)
    late.executions = [replace(late.executions[0], self_input_tokens=None)]
    late.steps = [replace(step, input_tokens=None) for step in late.steps]
    told = f'{{"{TOTAL_TOKENS}": 70}}'
    late.bodies = [replace(body, attributes=told, received_ns=NOW_NS) for body in trace(2002).bodies]
    late.bodies = [replace(body, workspace=late.steps[0].workspace) for body in late.bodies]
    filled.write(late)
    refresh(filled, NOW_NS + HOUR_NS)
    agent = late.executions[0].agent
    assert_same(filled, scopes=[Scope(agent=agent)], least_days=DAYS - 1)
    filters = AgentFilters(scope=Scope(agent=agent), agent=agent)
    before = [*days(0, DAYS).executions, *late.executions]
    known = sum((row.self_input_tokens or 0) * row.weight for row in before[:-1] if row.agent == agent)
    calls = sum(step.weight for step in late.steps if step.is_counted)
    assert performance_of(Counting(filled), filters).tokens == round(known + 70 * calls)


def test_what_comes_late_is_counted_at_once_and_its_day_is_computed_again(filled: Engine) -> None:
    filled.write(of_day(2, 2000, received_ns=NOW_NS + 1))
    window = window_of(Counting(filled), 0, LARGEST)
    assert window is not None
    assert FIRST_NS + 2 * DAY_NS not in window.days
    assert_same(filled)
    refresh(filled, NOW_NS + HOUR_NS)
    assert_same(filled, least_days=DAYS - 1)


def test_what_changes_when_its_trace_settles_again_is_counted_at_once(filled: Engine) -> None:
    late = of_day(2, 2 * EACH + 1)
    [execution] = late.executions
    pair = (execution.workspace, execution.trace_id)
    late.executions = [replace(execution, self_ns=9_000_000, settled_ns=NOW_NS + 1, row_version=2)]
    late.steps = [replace(step, row_version=2) for step in late.steps]
    late.replace = [pair]
    filled.write(late)
    assert_same(filled)


def test_what_had_not_ended_is_read_from_its_rows_until_it_has(store: Engine) -> None:
    done = of_day(3, 3000).executions[0]
    begun = replace(done, status="running", ended_ns=None, duration_ns=None, duration_bucket=None)
    store.write(joined([days(0, DAYS), Batch(executions=[begun])]))
    refresh(store)
    assert_same(store, least_days=DAYS - 2)
    pair = (done.workspace, done.trace_id)
    store.write(Batch(replace=[pair], executions=[replace(done, row_version=2)]))  # ended without coming again
    assert_same(store, least_days=DAYS - 2)
    refresh(store, NOW_NS + HOUR_NS)
    assert_same(store, least_days=DAYS - 1)


def test_a_run_that_is_cut_off_leaves_no_day_that_is_told_wrong(filled: Engine) -> None:
    filled.write(joined([of_day(1, 2100, received_ns=NOW_NS), of_day(6, 2600, received_ns=NOW_NS)]))
    for turns in (1, 2, 3):
        work = refresh_rollups(Counting(filled), width_ns=WIDTH_NS, now_ns=NOW_NS + DAY_NS // 2)
        for _ in range(turns):
            next(work)
        work.close()
        assert_same(filled)
    refresh(filled, NOW_NS + DAY_NS // 2)
    assert_same(filled, least_days=DAYS - 1)


def test_what_retention_removes_is_counted_once_by_every_report(filled: Engine) -> None:
    before = [answers(Counting(filled), scope, (0, LARGEST)) for scope in SCOPES[::2]]
    run(remove_traces(Counting(filled), FIRST_NS + 3 * DAY_NS + DAY_NS // 2, NOW_NS, Removed()))
    assert filled.rows("rollup_days_told", {"from_ns": 0, "to_ns": FIRST_NS + 4 * DAY_NS}) == []
    for is_refreshed in (False, True):
        if is_refreshed:
            refresh(filled, is_thorough=True)
        for prefers_rollups in (True, False):
            store = Counting(filled, prefers_rollups=prefers_rollups)
            for scope, expected in zip(SCOPES[::2], before, strict=True):
                assert_as_before(answers(store, scope, (0, LARGEST)), expected)


def assert_as_before(found: list[Any], expected: list[Any]) -> None:
    """The same, but for what rollups do not know: errors, and how much of the answer is theirs."""
    for ours, theirs in zip(found, expected, strict=True):
        one, other = asdict(ours), asdict(theirs)
        for name in ("rolled_up", "errors"):
            one.pop(name, None)
            other.pop(name, None)
        assert not first_difference(one, other)


def test_what_is_deleted_is_gone_from_the_days_too(filled: Engine) -> None:
    pairs = traces_meant(filled, Meant(before_ns=FIRST_NS + 2 * DAY_NS))
    for batch in deletions(filled, pairs, []):
        filled.write(batch)
    refresh(filled, is_thorough=True)
    assert_same(filled, least_days=DAYS - 3)
    rows = filled.rows("every_rollups")
    assert sum(row["count"] for row in rows if row["kind"] == RollupKind.DAY_EXECUTION) == (DAYS - 4) * EACH


def test_days_in_many_pieces_cost_few_questions(store: Engine) -> None:
    store.write(joined(of_day(day, day * EACH) for day in range(30)))
    refresh(store, FIRST_NS + 30 * DAY_NS)
    lately = FIRST_NS + 30 * DAY_NS
    store.write(joined(of_day(day, 5000 + day, received_ns=lately) for day in range(0, 30, 3)))
    window = window_of(Counting(store), FIRST_NS, FIRST_NS + 30 * DAY_NS)
    assert window is not None
    assert len(window.ranges) <= 7
    parts = sorted([*window.ranges, *((day_ns, day_ns + DAY_NS) for day_ns in window.days)])
    assert [start for start, _ in parts[1:]] == [end for _, end in parts[:-1]]
    assert (parts[0][0], parts[-1][1]) == (FIRST_NS, FIRST_NS + 30 * DAY_NS)
