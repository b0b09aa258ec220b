"""The report of a period: what every part of it says, in one struct; units and `null` as in `views`."""

from msgspec import Struct

from longpole.reports.change_views import Capacity, Regressions
from longpole.reports.cost_views import Costs
from longpole.reports.finding_views import OpportunityItem
from longpole.reports.shown import Shown
from longpole.reports.statistics_views import Bottlenecks, FailureGroups, Figure, Statistics


class ReportScope(Struct, kw_only=True):
    """What the report looks at; null is everything."""

    workspace: str | None
    agent: str | None
    environment: str | None
    version: str | None


class ReportStretch(Struct, kw_only=True):
    """One of the equal stretches of time of a report, such as 24 hours; `started` is when it begins.

    Counts are of the executions that are kept. Skipped and running executions have no part in the percentiles.
    """

    started: str
    executions: int
    failed: int
    p50_ns: int | None
    p95_ns: int | None
    tokens: int | None
    cost_usd: float | None


class ReportAgent(Struct, kw_only=True):
    """An agent in the period and in the one before, as in `Statistics`. Cost is of its own model calls.

    What is notable was judged for all listed agents together. `p50_over_time` is of fourteen equal stretches: the first
    seven are the period before.
    """

    agent: str
    failed: int
    skipped: int
    executions: Figure
    success_rate: Figure
    p50_ns: Figure
    p95_ns: Figure
    cost_usd: Figure
    p50_over_time: list[int | None]


class InFlight(Struct, kw_only=True):
    """How many executions ran at once, on average over stretches of `width_ns` from the beginning of the period on."""

    width_ns: int
    average: list[float]


class WeeklyReport(Shown, kw_only=True):
    """A period against the one before, with what to do first. `sentences` tell what matters most.

    `opportunities` are at most five. `changes` are points since the beginning of the previous period at which numbers
    of agents and steps moved, better ones too; they and `capacity` look at more than the period, from their own
    `from_time` on. Stretches are `width_ns` long. The parts are what the questions of the same names answer.
    """

    period: str
    from_time: str
    to_time: str
    previous_from_time: str
    scope: ReportScope
    sentences: list[str]
    statistics: Statistics
    width_ns: int
    stretches: list[ReportStretch]
    in_flight: InFlight
    agents: list[ReportAgent]
    agents_left_out: int
    opportunities: list[OpportunityItem]
    changes: Regressions
    failures: FailureGroups
    bottlenecks: Bottlenecks
    costs: Costs
    capacity: Capacity
