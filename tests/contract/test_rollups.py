"""Rollups say what the rows say, on every engine, whatever has been removed of them."""

import random
from collections.abc import Generator, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contract.rows import MINUTE_NS, START_NS, WORKSPACE, joined, span_id_of, trace, trace_id_of
from longpole.model.batch import Batch
from longpole.model.buckets import duration_bucket
from longpole.model.clock import DAY_NS, to_rfc3339
from longpole.model.execution import Execution
from longpole.model.histogram import add_histogram, unpack_histogram
from longpole.model.ids import execution_id_of
from longpole.model.rollup import Rollup, RollupKind
from longpole.reports.filter_values import Scope
from longpole.reports.overview import overview_of
from longpole.reports.pulse import PULSE
from longpole.reports.weighted import weighted_quantiles
from longpole.store.engine import Engine
from longpole.store.retention import Keep, Removed, remove_traces, retain
from longpole.store.rollups import refresh_rollups, windows_to_refresh
from longpole.store.store import open_store

WIDTH_NS = 5 * MINUTE_NS
LATER_NS = START_NS + DAY_NS


def run(work: Generator[None, None, Any]) -> Any:
    """The answer of a generator that is run to its end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def refresh(store: Engine, *, now_ns: int = LATER_NS, is_thorough: bool = False) -> int:
    return run(refresh_rollups(store, width_ns=WIDTH_NS, now_ns=now_ns, is_thorough=is_thorough))


def rollups(store: Engine, *kinds: RollupKind) -> list[Rollup]:
    """The rows of some kinds; without any, those of windows as wide as the setting says, and of what is gone."""
    chosen = kinds or (RollupKind.EXECUTION, RollupKind.STEP, RollupKind.GONE_EXECUTION, RollupKind.GONE_STEP)
    rows = [msgspec.convert(row, Rollup) for row in store.rows("every_rollups")]
    return [row for row in rows if row.kind in chosen]


def test_a_row_covers_one_window_and_what_agrees_in_it(store: Engine) -> None:
    store.write(joined([trace(number) for number in range(1, 12)]))
    refresh(store)
    executions, steps = rollups(store, RollupKind.EXECUTION), rollups(store, RollupKind.STEP)
    assert sum(row.count for row in executions) == 11
    assert sum(row.count for row in steps) == 55
    assert {row.width_ns for row in executions} == {WIDTH_NS}
    assert all(row.window_ns % WIDTH_NS == 0 for row in executions)
    stored = store.rows("trace_executions", {"workspace": WORKSPACE, "trace_ids": [trace_id_of(n) for n in range(12)]})
    first = [row for row in stored if row["started_ns"] // WIDTH_NS == executions[0].window_ns // WIDTH_NS]
    mine = [row for row in first if (row["agent"], row["status"]) == (executions[0].agent, executions[0].status)]
    assert (executions[0].count, executions[0].duration_ns) == (len(mine), sum(row["duration_ns"] for row in mine))
    assert {(row.name, row.category) for row in steps} == {("ask the model", "llm"), ("look it up", "tool")}


def test_only_windows_in_which_something_came_are_computed_again(store: Engine) -> None:
    store.write(joined([trace(1), trace(60)]))
    assert refresh(store) > 0
    before = rollups(store)
    now_ns = LATER_NS + DAY_NS
    late = trace(61)
    late.executions = [replace(row, received_ns=now_ns) for row in late.executions]
    store.write(late)
    (touched,) = windows_to_refresh(store, WIDTH_NS, is_thorough=False)
    assert touched == late.executions[0].started_ns // WIDTH_NS * WIDTH_NS
    refresh(store, now_ns=now_ns)
    after = rollups(store)
    assert [row for row in before if row.window_ns != touched] == [row for row in after if row.window_ns != touched]
    assert sum(row.count for row in after if row.kind == "execution") == 3


def test_an_execution_that_ends_later_changes_its_row(store: Engine) -> None:
    done = trace(1).executions[0]
    store.write(Batch(executions=[replace(done, status="running", ended_ns=None, duration_bucket=None)]))
    refresh(store)
    assert [(row.status, row.histogram) for row in rollups(store)] == [("running", "")]
    pair = (done.workspace, done.trace_id)
    store.write(Batch(replace=[pair], executions=[replace(done, row_version=2)]))  # closed without being received again
    refresh(store, now_ns=LATER_NS + DAY_NS)
    assert [(row.status, row.count) for row in rollups(store)] == [(done.status, 1)]


def test_a_thorough_run_finds_what_was_stored_long_after_it_came(store: Engine) -> None:
    store.write(trace(1))
    refresh(store, now_ns=LATER_NS)
    store.write(trace(2))  # received before the last run, and stored after it
    assert refresh(store, now_ns=LATER_NS + 1) == 0
    assert refresh(store, now_ns=LATER_NS + 2, is_thorough=True) > 0
    assert sum(row.count for row in rollups(store, RollupKind.EXECUTION)) == 2
    assert refresh(store, now_ns=LATER_NS + 3, is_thorough=True) == 0


def test_another_width_of_windows_takes_the_place_of_the_old_one(store: Engine) -> None:
    store.write(joined([trace(number) for number in range(1, 9)]))
    refresh(store)
    run(refresh_rollups(store, width_ns=60 * MINUTE_NS, now_ns=LATER_NS, is_thorough=True))
    assert {row.width_ns for row in rollups(store)} == {60 * MINUTE_NS}
    assert sum(row.count for row in rollups(store, RollupKind.STEP)) == 40


def received_at(number: int, received_ns: int) -> Batch:
    """A trace that was received at a time, whenever it ran."""
    batch = trace(number)
    for name in ("executions", "steps", "events", "decisions", "bodies"):
        setattr(batch, name, [replace(row, received_ns=received_ns) for row in getattr(batch, name)])
    return batch


def test_what_retention_removes_is_in_the_rollups_of_what_is_gone_and_counted_once(store: Engine) -> None:
    for day in range(4):
        store.write(joined([received_at(number, START_NS + day * DAY_NS) for number in range(day * 5, day * 5 + 5)]))
    for days in (1, 2, 3):
        removed = Removed()
        run(remove_traces(store, START_NS + days * DAY_NS, LATER_NS, removed))
        counts = store.rows("store_counts")[0]
        assert (counts["executions"], counts["steps"]) == (20 - days * 5, 100 - days * 25)
        assert sum(row.count for row in rollups(store, RollupKind.GONE_EXECUTION)) == days * 5
        assert sum(row.count for row in rollups(store, RollupKind.GONE_STEP)) == days * 25
        assert removed.rows == 5 * (1 + 5 + 1 + 1)
    assert {row.width_ns for row in rollups(store)} == {DAY_NS}


def test_what_is_gone_of_the_day_in_which_a_range_begins_counts_only_if_it_reached_into_it(store: Engine) -> None:
    store.write(joined([received_at(number, START_NS) for number in range(5)]))
    began_ns = min(row["started_ns"] for row in store.rows("trace_executions", all_traces(5)))
    run(remove_traces(store, LATER_NS, LATER_NS, Removed()))
    (last_ns,) = {max(row.last_seen_ns for row in rollups(store, RollupKind.GONE_EXECUTION, RollupKind.GONE_STEP))}
    with_all = overview_of(store, Scope(from_ns=began_ns, to_ns=LATER_NS))
    assert (with_all.totals.executions, with_all.totals.steps) == (5, 25)
    behind = Scope(from_ns=last_ns + 1, to_ns=LATER_NS)
    assert behind.from_ns // DAY_NS == began_ns // DAY_NS
    assert overview_of(store, behind).totals.executions == 0
    assert overview_of(store, behind).rolled_up is None


def test_the_pulse_says_how_many_executions_of_its_time_are_gone(store: Engine) -> None:
    store.write(joined([received_at(number, START_NS) for number in range(5)]))
    store.write(joined([received_at(number, START_NS + DAY_NS) for number in range(5, 8)]))
    run(remove_traces(store, START_NS + DAY_NS, LATER_NS, Removed()))
    (began_ns,) = {row.window_ns for row in rollups(store, RollupKind.GONE_EXECUTION)}
    asked = [("from", to_rfc3339(began_ns)), ("to", to_rfc3339(LATER_NS))]
    for pairs in (asked, asked[1:]):
        assert (PULSE.ask(store, pairs).executions, PULSE.ask(store, pairs).gone) == (3, 5)
    behind = [("from", to_rfc3339(LATER_NS)), ("to", to_rfc3339(LATER_NS + DAY_NS))]
    assert PULSE.ask(store, behind).gone == 0
    assert PULSE.ask(store, [*asked, ("agent", "nobody")]).gone == 0
    assert PULSE.ask(store, [*asked, ("min_duration", "1ms")]).gone is None


def all_traces(count: int) -> dict[str, Any]:
    """What `trace_executions` has to be asked for the first traces."""
    return {"workspace": WORKSPACE, "trace_ids": [trace_id_of(number) for number in range(count)]}


def test_the_rollups_of_what_is_stored_lose_what_is_removed(store: Engine) -> None:
    store.write(joined([received_at(1, START_NS), received_at(2, START_NS + DAY_NS)]))
    refresh(store)
    run(remove_traces(store, START_NS + DAY_NS, LATER_NS, Removed()))
    refresh(store, is_thorough=True)
    assert sum(row.count for row in rollups(store, RollupKind.EXECUTION)) == 1
    assert sum(row.count for row in rollups(store, RollupKind.GONE_EXECUTION)) == 1


def test_a_trace_that_still_tells_something_stays_whole(store: Engine) -> None:
    running = received_at(1, START_NS)
    running.steps[-1] = replace(running.steps[-1], received_ns=START_NS + 40 * DAY_NS)
    store.write(joined([running, received_at(2, START_NS)]))
    before = steps_of(store, 1)
    keep = Keep(steps_ns=30 * DAY_NS, bodies_ns=14 * DAY_NS, rollups_ns=400 * DAY_NS)
    run(retain(store, keep, START_NS + 50 * DAY_NS, Removed()))
    assert steps_of(store, 1) == before
    counts = store.rows("store_counts")[0]
    assert (counts["executions"], counts["steps"], counts["bodies"], counts["events"]) == (1, 5, 6, 1)
    run(retain(store, keep, START_NS + 71 * DAY_NS, Removed()))
    assert store.rows("store_counts")[0]["steps"] == 0


def steps_of(store: Engine, number: int) -> list[Any]:
    rows = store.rows("trace_steps", {"workspace": WORKSPACE, "trace_ids": [trace_id_of(number)]})
    return sorted(rows, key=lambda row: row["step_index"])


def test_bodies_steps_and_rollups_go_at_their_own_ages(store: Engine) -> None:
    store.write(received_at(1, START_NS))
    keep = Keep(steps_ns=30 * DAY_NS, bodies_ns=14 * DAY_NS, rollups_ns=400 * DAY_NS)
    seen: list[tuple[int, int, int]] = []
    for day in (13, 15, 31, 402):
        run(retain(store, keep, START_NS + day * DAY_NS, Removed()))
        counts = store.rows("store_counts")[0]
        seen.append((counts["bodies"], counts["steps"], len(rollups(store, RollupKind.GONE_STEP))))
    assert seen == [(6, 5, 0), (0, 5, 0), (0, 0, 2), (0, 0, 0)]


@pytest.fixture(scope="module")
def one_store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


EXECUTIONS = st.lists(
    st.tuples(
        st.integers(0, 3 * 24 * 60),  # minutes after the start
        st.integers(1, 10**12) | st.none(),  # duration
        st.sampled_from(["a", "b"]),
        st.sampled_from(["success", "failed"]),
        st.sampled_from([1.0, 1.0, 4.0, 2.5]),
        st.none() | st.integers(0, 10**6),
        st.booleans(),  # whether it is old
    ),
    max_size=60,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=EXECUTIONS, seed=st.integers(0, 10**6))
def test_rollups_equal_what_they_were_computed_from(one_store: Engine, drawn: list[Any], seed: int) -> None:
    store = one_store
    tables = ("executions", "rollups")
    store.write(Batch(expired=dict.fromkeys(tables, 2**62)))
    made = [execution(number, *told) for number, told in enumerate(drawn)]
    random.Random(seed).shuffle(made)
    store.write(Batch(executions=made))
    refresh(store)
    assert_equal(made, rollups(store, RollupKind.EXECUTION))
    run(remove_traces(store, START_NS + 1, LATER_NS, Removed()))
    refresh(store, is_thorough=True)
    kept = [row for row in made if row.received_ns > START_NS]
    assert_equal(kept, rollups(store, RollupKind.EXECUTION))
    assert_equal(made, rollups(store, RollupKind.EXECUTION, RollupKind.GONE_EXECUTION))


def execution(
    number: int, minute: int, duration_ns: int | None, agent: str, status: str, weight: float, tokens: int | None,
    is_old: bool,
) -> Execution:  # fmt: skip
    started_ns = START_NS + minute * MINUTE_NS
    trace_id, span_id = trace_id_of(number), span_id_of(number, 0)
    return replace(
        trace(0).executions[0],
        execution_id=execution_id_of(trace_id, span_id),
        trace_id=trace_id,
        span_id=span_id,
        root_execution_id=execution_id_of(trace_id, span_id),
        agent=agent,
        status="running" if duration_ns is None else status,
        started_ns=started_ns,
        ended_ns=None if duration_ns is None else started_ns + duration_ns,
        duration_ns=duration_ns,
        duration_bucket=None if duration_ns is None else duration_bucket(duration_ns),
        received_ns=START_NS if is_old else START_NS + DAY_NS,
        self_input_tokens=tokens,
        weight=weight,
    )


def assert_equal(executions: list[Execution], rows: list[Rollup]) -> None:
    assert sum(row.count for row in rows) == len(executions)
    assert sum(row.weight for row in rows) == pytest.approx(sum(each.weight for each in executions))
    ended = [each for each in executions if each.duration_ns is not None]
    assert sum(row.duration_ns for row in rows) == pytest.approx(
        sum((each.duration_ns or 0) * each.weight for each in ended), abs=len(rows) + len(ended)
    )
    known = [each.self_input_tokens * each.weight for each in executions if each.self_input_tokens is not None]
    told = [row.input_tokens for row in rows if row.input_tokens is not None]
    assert bool(told) == bool(known)
    assert sum(told) == pytest.approx(sum(known), abs=len(rows) + len(known))
    weights: dict[int, float] = {}
    for row in rows:
        add_histogram(weights, unpack_histogram(row.histogram))
    assert sum(weights.values()) == pytest.approx(sum(each.weight for each in ended))
    quantiles = weighted_quantiles(weights)
    for name, share in (("p50_ns", 0.5), ("p95_ns", 0.95), ("p99_ns", 0.99)):
        expected = weighted_quantile([(each.duration_ns or 0, each.weight) for each in ended], share)
        assert quantiles[name] == (None if expected is None else pytest.approx(expected, rel=0.0101, abs=1))


def weighted_quantile(values: list[tuple[int, float]], share: float) -> int | None:
    """The least value below or at which the share of the weight lies, the slow and obvious way."""
    total, passed = sum(weight for _, weight in values), 0.0
    for value, weight in sorted(values):
        passed += weight
        if passed >= share * total * (1 - 1e-12):
            return value
    return None
