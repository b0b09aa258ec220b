"""The report of a period says what its parts say, over a real DuckDB."""

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from changing_agents import DAY_NS, DAYS, END_NS, FIRST_NS, changing_agents
from longpole.model.batch import Batch
from longpole.model.clock import from_rfc3339, to_rfc3339
from longpole.model.errors import InvalidInput
from longpole.model.finding import Finding
from longpole.reports.agent_performance import AGENT
from longpole.reports.bottlenecks import BOTTLENECKS
from longpole.reports.change_questions import CAPACITY, REGRESSIONS
from longpole.reports.costs import COSTS
from longpole.reports.failures import FAILURES
from longpole.reports.opportunities import OPPORTUNITIES
from longpole.reports.statistics import STATISTICS
from longpole.reports.weekly import REPORT
from longpole.reports.weekly_views import WeeklyReport
from longpole.store.engine import Engine
from longpole.store.store import open_store

TO_NS = FIRST_NS + 45 * DAY_NS
WEEK = (("from", to_rfc3339(TO_NS - 7 * DAY_NS)), ("to", to_rfc3339(TO_NS)))
RULES = 6


def found_in(batch: Batch, agent: str, rule: str, saving_ns: int) -> list[Finding]:
    """A finding in every execution of an agent."""
    return [
        Finding(
            workspace="default", finding_id=f"{rule} {row.execution_id}", execution_id=row.execution_id, rule=rule,
            title=f"{rule} of {agent}", advice="Do it once.", confidence="high", evidence="{}", saving_ns=saving_ns,
            saving_usd_nanos=None, code_file="agents.py", code_line=7, code_function="run", raised_ns=row.started_ns,
        )
        for row in batch.executions
        if row.agent == agent
    ]  # fmt: skip


@pytest.fixture(scope="module")
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    batch = changing_agents()
    for number in range(RULES):
        batch.findings += found_in(batch, "writer", f"rule.{number}", (number + 1) * 1000)
    batch.executions = [
        replace(row, error_type="TimeoutError", error_message="no answer") if row.status == "failed" else row
        for row in batch.executions
    ]
    engine.write(batch)
    yield engine
    engine.close()


def reported(store: Engine, *pairs: tuple[str, str]) -> WeeklyReport:
    return REPORT.ask(store, [("to", to_rfc3339(TO_NS)), *pairs])


def test_each_part_is_what_its_own_question_answers(store: Engine):
    report = reported(store)
    assert report.statistics == STATISTICS.ask(store, WEEK)
    assert report.opportunities == OPPORTUNITIES.ask(store, WEEK).opportunities[:5]
    assert report.failures == FAILURES.ask(store, [*WEEK, ("limit", "8")])
    assert report.bottlenecks == BOTTLENECKS.ask(store, [*WEEK, ("limit", "8")])
    assert report.costs == COSTS.ask(store, [*WEEK, ("by", "model"), ("limit", "8")])
    assert report.changes.from_time == report.capacity.from_time == to_rfc3339(TO_NS - 56 * DAY_NS)
    history = [("from", report.changes.from_time), WEEK[1]]
    assert report.capacity == CAPACITY.ask(store, [*history, ("limit", "8")])
    changes = REGRESSIONS.ask(store, [*history, ("show", "all")])
    assert report.changes.series == changes.series
    assert report.changes.items == [one for one in changes.items if one.agent == "writer"]


def test_the_five_opportunities_that_save_most_are_told_in_order(store: Engine):
    report = reported(store)
    assert [one.rule for one in report.opportunities] == [f"rule.{number}" for number in (5, 4, 3, 2, 1)]
    assert report.opportunities[0].saving_ns == 6000 * 7 * 40
    assert "Most is to be won here: rule.5 of writer; 2\u202fms in 280 executions of writer." in report.sentences


def test_the_stretches_add_up_to_the_period(store: Engine):
    report = reported(store)
    assert [from_rfc3339(one.started) for one in report.stretches] == [TO_NS - day * DAY_NS for day in range(7, 0, -1)]
    assert sum(one.executions for one in report.stretches) == report.statistics.executions.value == 7 * 4 * 40
    assert sum(one.failed for one in report.stretches) == report.statistics.failed
    assert sum(one.cost_usd or 0 for one in report.stretches) == pytest.approx(report.statistics.cost_usd.value)
    assert sum(one.tokens or 0 for one in report.stretches) == report.statistics.tokens.value
    usual = report.statistics.p50_ns.value or 0
    assert all((one.p50_ns or 0) == pytest.approx(usual, rel=0.3) for one in report.stretches)


def test_each_agent_has_its_own_figures_and_those_of_the_week_before(store: Engine):
    report = reported(store)
    assert {one.agent for one in report.agents} == {"writer", "caller", "flaky", "quiet"}
    for one in report.agents:
        alone = STATISTICS.ask(store, [*WEEK, ("agent", one.agent)])
        assert (one.executions.value, one.executions.previous) == (280, 280)
        assert (one.p50_ns.value, one.p50_ns.previous) == (alone.p50_ns.value, alone.p50_ns.previous)
        assert one.success_rate.value == alone.success_rate.value
        assert one.cost_usd.previous == pytest.approx(alone.cost_usd.previous)
        assert one.failed == AGENT.ask(store, [*WEEK, ("agent", one.agent)]).failed
        assert len(one.p50_over_time) == 14
    in_flight = report.in_flight
    assert len(in_flight.average) * in_flight.width_ns == 7 * DAY_NS
    busy_ns = sum(in_flight.average) * in_flight.width_ns
    assert busy_ns == pytest.approx(1120 * (report.statistics.mean_ns.value or 0))


def test_an_agent_that_got_slower_is_told_with_the_version_that_was_new(store: Engine):
    report = reported(store)
    assert [(one.agent, one.is_worse) for one in report.changes.items] == [("writer", True)]
    (sentence,) = [one for one in report.sentences if one.startswith("writer: ")]
    assert "since 11 Oct, when version 1 → 2 came." in sentence


def test_a_change_just_before_the_period_is_still_told_and_an_older_one_is_not(store: Engine):
    of_next_week = REPORT.ask(store, [("to", to_rfc3339(FIRST_NS + 50 * DAY_NS))])
    assert "writer" in {one.agent for one in of_next_week.changes.items}
    later = REPORT.ask(store, [("to", to_rfc3339(FIRST_NS + 59 * DAY_NS))])
    assert "writer" not in {one.agent for one in later.changes.items}


@pytest.mark.parametrize(
    ("period", "stretches", "width_ns"),
    [
        ("24h", 24, DAY_NS // 24),
        ("1d", 24, DAY_NS // 24),
        ("1w", 7, DAY_NS),
        ("30d", 30, DAY_NS),
        ("90d", 13, 7 * DAY_NS),
    ],
)
def test_a_period_may_be_a_day_or_a_quarter(store: Engine, period: str, stretches: int, width_ns: int):
    report = REPORT.ask(store, [("to", to_rfc3339(END_NS)), ("period", period)])
    assert (len(report.stretches), report.width_ns) == (stretches, width_ns)
    days = min(int(period[:-1]) * {"h": 1 / 24, "d": 1, "w": 7}[period[-1]], DAYS)
    assert report.statistics.executions.value == round(days * 160)
    assert len(report.in_flight.average) <= 192


def test_filters_hold_for_every_part(store: Engine):
    report = reported(store, ("agent", "writer"), ("version", "2"))
    assert report.scope.agent == "writer"
    assert [one.agent for one in report.agents] == ["writer"]
    assert report.statistics.executions.value == 200
    assert {one.agent for one in report.bottlenecks.operations} <= {"writer"}
    nobody = reported(store, ("workspace", "other"))
    assert nobody.agents == nobody.opportunities == nobody.changes.items == nobody.capacity.resources == []


def test_an_empty_period_is_said_in_words_and_knows_no_figure(store: Engine):
    report = REPORT.ask(store, [("to", "2020-01-08T00:00:00Z")])
    assert report.sentences == ["Nothing ran from 1 Jan 2020 to 8 Jan 2020 UTC."]
    assert [one.executions for one in report.stretches] == [0] * 7
    assert {(one.p50_ns, one.cost_usd, one.tokens) for one in report.stretches} == {(None, None, None)}


def test_a_first_week_is_compared_with_nothing(store: Engine):
    report = REPORT.ask(store, [("to", to_rfc3339(FIRST_NS + 7 * DAY_NS))])
    assert "Nothing ran in the 7 days before, so nothing is compared." in report.sentences
    assert {one.p50_ns.previous for one in report.agents} == {None}


@pytest.mark.parametrize("period", ["7", "d", "0d", "1y", "-1d", "99999w", "7 days"])
def test_a_length_that_is_none_is_refused_with_what_to_write(store: Engine, period: str):
    with pytest.raises(InvalidInput, match="Write it like 24h, 7d or 4w"):
        REPORT.ask(store, [("period", period)])
