"""What could be done better in the executions of a period: findings added up by agent and place in the code."""

from longpole.model import clock
from longpole.reports.filter_values import LIMIT, Filter, Pairs, limit_of, read_given
from longpole.reports.finding_views import Opportunities, OpportunityItem
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.question import Question
from longpole.reports.rows import Row, dollars
from longpole.store.engine import Engine

OPPORTUNITY_FILTERS: tuple[Filter, ...] = (*PERIOD_FILTERS, LIMIT)
"""The filters of `GET /api/analysis/opportunities`."""


def opportunities_of(store: Engine, period: Period, limit: int) -> Opportunities:
    """The opportunities of a period, at most `limit`, those that would have saved most in all first."""
    rows = store.rows("opportunities", {**period.parameters, "limit": limit})
    return Opportunities(
        from_time=period.from_time, to_time=period.to_time, opportunities=[_opportunity(row) for row in rows]
    )


def _opportunity(row: Row) -> OpportunityItem:
    saved_usd = row["total_saving_usd_nanos"]
    return OpportunityItem(
        rule=row["rule"],
        title=row["title"],
        advice=row["advice"],
        agent=row["agent"],
        confidence=row["confidence"],
        executions=row["executions"],
        findings=row["findings"],
        saving_ns=round(float(row["total_saving_ns"])),
        most_saving_ns=row["most_saving_ns"],
        saving_usd=None if saved_usd is None else dollars(round(float(saved_usd))),
        code_file=row["code_file"],
        code_line=row["code_line"],
        code_function=row["code_function"],
        example_execution_id=row["example_execution_id"],
    )


def _ask(store: Engine, pairs: Pairs) -> Opportunities:
    given = read_given(pairs, OPPORTUNITY_FILTERS)
    return opportunities_of(store, period_of(given, clock.now_ns()), limit_of(given.get("limit")))


OPPORTUNITIES = Question(
    name="opportunities",
    meaning="What could be done better in the executions of a period, those that would have saved most in all first.",
    view=Opportunities,
    filters=OPPORTUNITY_FILTERS,
    ask=_ask,
)
