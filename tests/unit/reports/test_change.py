"""Regressions, trends and capacity of agents of which some changed on known days, over a real DuckDB."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from changing_agents import AGENTS, CHANGED_ON, DAY_NS, DAYS, END_NS, FIRST_NS, MS, PERIOD, changing_agents
from longpole.model.batch import Batch
from longpole.model.clock import from_rfc3339
from longpole.model.errors import InvalidInput
from longpole.model.event import Body
from longpole.reports.change_questions import CAPACITY, REGRESSIONS, TRENDS
from longpole.reports.change_views import Capacity, Regression, Regressions
from longpole.reports.filters import read_trend_filters
from longpole.reports.trend import trend_of
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import Made


@pytest.fixture(scope="module")
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    engine.write(changing_agents())
    yield engine
    engine.close()


def asked(store: Engine, *pairs: tuple[str, str]) -> Regressions:
    return REGRESSIONS.ask(store, [*PERIOD, *pairs])


def regression_of(store: Engine, agent: str) -> Regression:
    (found,) = asked(store, ("agent", agent)).items
    return found


def test_the_three_planted_changes_are_found_on_their_days_and_nothing_else(store: Engine):
    found = asked(store, ("show", "all"))
    days = {item.agent: round((from_rfc3339(item.at) - FIRST_NS) / DAY_NS) for item in found.items}
    assert days == CHANGED_ON
    assert all(item.is_worse for item in found.items)
    assert [item.at for item in found.items] == sorted((item.at for item in found.items), reverse=True)


def test_a_slower_step_is_told_with_the_version_that_brought_it_and_its_first_execution(store: Engine):
    writer = regression_of(store, "writer")
    assert (writer.changes[0].operation, writer.changes[0].metric) == (None, "p50")
    search = next(one for one in writer.changes if one.operation == "search" and one.metric == "p50")
    assert search.change == pytest.approx(1.0, abs=0.1)
    assert search.confidence > 0.999
    (step,) = writer.slower
    assert step.operation == "search"
    assert step.slower_calls_ns == pytest.approx(325 * MS, rel=0.1)
    assert abs(step.more_calls_ns) < MS
    (version,) = writer.changed_then
    assert (version.kind, version.before, version.after) == ("version", "1", "2")
    assert writer.first_bad is not None
    assert writer.first_bad.version == "2"
    assert from_rfc3339(writer.first_bad.started_at) < FIRST_NS + 41 * DAY_NS
    assert writer.hour == 0


def test_more_calls_are_told_apart_from_slower_ones(store: Engine):
    caller = regression_of(store, "caller")
    look_up = caller.slower[0]
    assert look_up.operation == "look up"
    assert (round(look_up.calls_before), round(look_up.calls_after)) == (2, 3)
    assert look_up.more_calls_ns > 10 * abs(look_up.slower_calls_ns)
    assert [(one.kind, one.before, one.after) for one in caller.changed_then] == [("model", "model-a", "model-b")]


def test_an_agent_that_fails_more_often_is_told_by_its_share_of_failures(store: Engine):
    flaky = regression_of(store, "flaky")
    assert [one.metric for one in flaky.changes] == ["errors"]
    assert flaky.changes[0].before == pytest.approx(0.02, abs=0.01)
    assert flaky.changes[0].after == pytest.approx(0.12, abs=0.03)
    assert flaky.changed_then == []


def test_an_agent_that_never_failed_before_is_told_to_have_failed_in_no_execution_at_all():
    batch = changing_agents(60)
    kept = [
        replace(row, status="success") if row.started_ns < FIRST_NS + 45 * DAY_NS else row
        for row in batch.executions
        if row.agent == "flaky"
    ]
    engine = open_store(":memory:")
    engine.write(Batch(executions=kept))
    (change,) = regression_of(engine, "flaky").changes
    engine.close()
    assert change.before == 0.0
    failed = [row.status == "failed" for row in kept if row.started_ns >= FIRST_NS + 45 * DAY_NS]
    assert change.after == pytest.approx(sum(failed) / len(failed), abs=0.005)


def test_an_agent_that_runs_eight_times_a_day_is_not_too_small_to_be_told():
    engine = open_store(":memory:")
    engine.write(changing_agents(8))
    writer = regression_of(engine, "writer")
    engine.close()
    assert ("search", "p50") in [(change.operation, change.metric) for change in writer.changes]
    assert writer.at[:10] == "2026-10-11"


def test_what_got_better_is_only_told_where_everything_is_asked_for(store: Engine):
    backwards = changing_agents()
    turned = Batch(
        executions=[turned_round(row) for row in backwards.executions if row.agent == "writer"],
        steps=[turned_round(row) for row in backwards.steps if row.agent == "writer"],
    )
    engine = open_store(":memory:")
    engine.write(turned)
    assert asked(engine).items == []
    (better,) = asked(engine, ("show", "all")).items
    assert better.is_worse is False
    engine.close()


def turned_round(row: Any) -> Any:
    """The same, as long before the end as it was after the beginning."""
    started_ns = FIRST_NS + END_NS - row.started_ns - 20 * 10**9
    return replace(row, started_ns=started_ns, ended_ns=started_ns + row.duration_ns)


def test_sampled_executions_are_weighed_so_that_a_new_sampling_is_no_regression():
    """Slow executions are all kept from day 30 on and quick ones to a third: the kept ones look slower."""
    quiet = [row for row in changing_agents(90).executions if row.agent == "quiet"]
    kept = [
        row if row.started_ns < FIRST_NS + 30 * DAY_NS or is_slow(row) else replace(row, weight=3.0)
        for number, row in enumerate(quiet)
        if row.started_ns < FIRST_NS + 30 * DAY_NS or is_slow(row) or number % 3 == 0
    ]
    engine = open_store(":memory:")
    engine.write(Batch(executions=kept))
    assert asked(engine, ("show", "all")).items == []
    engine.close()


def is_slow(row: Any) -> bool:
    return row.duration_ns > 2000 * MS


def test_a_store_without_anything_and_a_short_history_have_no_regressions(store: Engine):
    empty = open_store(":memory:")
    assert (asked(empty).series, asked(empty).items) == (0, [])
    empty.close()
    few = REGRESSIONS.ask(store, [("from", "2026-09-01T00:00:00Z"), ("to", "2026-09-01T00:20:00Z")])
    assert few.items == []
    assert few.series == 0


def test_an_unknown_word_for_what_to_show_is_refused(store: Engine):
    with pytest.raises(InvalidInput, match="worse"):
        asked(store, ("show", "worst"))


def test_trends_hold_every_agent_by_days_with_its_changes(store: Engine):
    trends = TRENDS.ask(store, PERIOD)
    assert {agent.agent for agent in trends.agents} == set(AGENTS)
    assert all(len(agent.points) == DAYS for agent in trends.agents)
    assert {agent.agent for agent in trends.agents if agent.changes} == set(CHANGED_ON)
    assert sum(point.executions for point in trends.agents[0].points) == trends.agents[0].executions


def test_the_trend_of_an_operation_tells_its_changes(store: Engine):
    trend = trend_of(store, read_trend_filters([("operation", "search"), ("days", "60")]), END_NS - 1)
    (change,) = [one for one in trend.changes if one.metric == "p50"]
    assert change.at[:10] == "2026-10-11"
    assert change.change == pytest.approx(0.15, abs=0.03)


def capacity(store: Engine, *pairs: tuple[str, str]) -> Capacity:
    return CAPACITY.ask(store, [*PERIOD, *pairs])


def test_capacity_counts_what_is_in_flight_and_what_arrives(store: Engine):
    found = {(one.kind, one.name): one for one in capacity(store).resources}
    assert set(found) == {
        *(("agent", agent) for agent in AGENTS), ("model", "model-a"), ("model", "model-b"), ("tool", "search"),
        ("tool", "look up"),
    }  # fmt: skip
    quiet = found["agent", "quiet"]
    assert quiet.calls == 40 * DAYS
    assert quiet.calls_a_day == [40] * DAYS
    assert quiet.in_flight == pytest.approx(40 * 1.6 / 86_400, rel=0.15)
    assert len(quiet.forecast) == 28
    assert quiet.forecast[0].day == "2026-10-31"
    assert quiet.forecast[0].expected == pytest.approx(40, abs=1)


def test_the_peak_is_that_of_calls_that_overlap(store: Engine):
    rows = [row for row in changing_agents(1).executions if row.agent == "quiet"][:3]
    first_ns = rows[0].started_ns
    overlapping = [
        replace(rows[0], ended_ns=first_ns + 10 * MS),
        replace(rows[1], started_ns=first_ns + 5 * MS, ended_ns=first_ns + 20 * MS),
        replace(rows[2], started_ns=first_ns + 20 * MS, ended_ns=first_ns + 30 * MS),
    ]
    engine = open_store(":memory:")
    engine.write(Batch(executions=overlapping))
    (quiet,) = capacity(engine).resources
    engine.close()
    # The third begins as the second ends: two at once, and 30 ms of the hour.
    assert quiet.peak_in_flight == 2
    assert quiet.busy_share == pytest.approx(30 / 3_600_000)


def test_a_limit_that_was_met_is_read_from_the_calls_that_met_it(store: Engine):
    batch = changing_agents(4)
    steps = [
        replace(row, status="failed", error_type="openai.RateLimitError") if place % 50 == 0 else row
        for place, row in enumerate(row for row in batch.steps if row.model == "model-a")
    ]
    engine = open_store(":memory:")
    engine.write(Batch(steps=steps))
    (model,) = capacity(engine).resources
    engine.close()
    assert model.limited == len(range(0, len(steps), 50))
    assert model.limit is not None
    assert model.limit.is_seen
    assert model.limit.days == 0


def test_a_limit_that_is_given_is_told_with_the_days_until_it(store: Engine):
    growing = [row for row in changing_agents(60).executions if row.agent == "quiet"]
    kept = [row for row in growing if hash_of(row) < 0.2 + 0.6 * (row.started_ns - FIRST_NS) / (END_NS - FIRST_NS)]
    engine = open_store(":memory:")
    # All within one hour of each day.
    engine.write(Batch(executions=[replace(row, started_ns=into_one_hour(row.started_ns)) for row in kept]))
    (quiet,) = capacity(engine, ("rate_limit", "quiet=1/min")).resources
    engine.close()
    assert quiet.limit is not None
    assert quiet.limit.calls_an_hour == 60
    assert quiet.limit.earliest_days is not None
    assert quiet.limit.days is not None
    assert 1 <= quiet.limit.earliest_days <= quiet.limit.days <= 40


def hash_of(row: Any) -> float:
    return (int(row.trace_id, 16) * 0.618034) % 1


def into_one_hour(started_ns: int) -> int:
    return started_ns - started_ns % DAY_NS + started_ns % DAY_NS // 24


def test_how_much_of_a_limit_is_used_is_that_of_the_busiest_hour(store: Engine):
    found = capacity(store, ("agent", "quiet"), ("rate_limit", "quiet=20/h"))
    quiet = next(one for one in found.resources if one.kind == "agent")
    assert quiet.limit is not None
    assert quiet.limit.used_share == 3 / 20


def test_a_limit_that_cannot_be_read_is_refused(store: Engine):
    with pytest.raises(InvalidInput, match=r"gpt-5\.2-mini=500/min"):
        capacity(store, ("rate_limit", "quiet=fast"))


def test_a_new_prompt_and_a_new_commit_are_told_where_the_model_calls_carry_them():
    batch = changing_agents(20)
    calls = [row for row in batch.steps if row.agent == "writer" and row.name == "chat"]
    bodies = [
        Body(
            workspace="default",
            trace_id=row.trace_id,
            span_id=row.step_id,
            input=f'[{{"role": "system", "content": "{"Write at length" if row.version == "2" else "Write"}"}}]',
            output=None,
            error_stack=None,
            attributes=None,
            resource=f'{{"vcs.ref.head.revision": "{"c2" if row.version == "2" else "c1"}"}}',
            received_ns=row.received_ns,
        )
        for row in calls
    ]
    engine = open_store(":memory:")
    engine.write(replace(batch, bodies=bodies))
    writer = regression_of(engine, "writer")
    engine.close()
    assert [one.kind for one in writer.changed_then] == ["version", "commit", "prompt"]
    commit = writer.changed_then[1]
    assert (commit.before, commit.after) == ("c1", "c2")


def test_steps_that_begin_when_no_execution_does_any_more_are_no_fault() -> None:
    made = Made()
    for minute in range(30):
        made.execution(END_NS - DAY_NS + minute * 60 * 10**9, agent="long")
    long = made.execution(END_NS - DAY_NS, agent="long", duration_ns=DAY_NS // 2)
    made.step(long, "at the end", after_ns=DAY_NS // 3)
    made.step(long, "by another clock", after_ns=-DAY_NS // 3)
    engine = open_store(":memory:")
    engine.write(made.batch)

    assert asked(engine).items == []
    engine.close()
