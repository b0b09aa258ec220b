"""What changed over time: the views of regressions, trends and capacity."""

from msgspec import Struct

from longpole.reports.shown import Shown


class MetricChange(Struct, kw_only=True):
    """A point in time at which a number of an agent, or of one of its steps, moved to another level.

    `metric` is one of `p50`, `p95`, `errors` (a share), `tokens`, `cost` (US dollars), `calls`. Durations are
    nanoseconds. Tokens and cost are of one execution or step; calls are executions per stretch of time for an agent,
    and calls per execution of its agent for a step. `change` is relative (0.2: a fifth more), for errors the difference
    of the shares. `effect` is the move in standard deviations of a point. `confidence` is 1 less the chance to find so
    clear a change in a series without any. The change lies between `earliest` and `latest` with 95 % confidence; `at`
    is the beginning of the first stretch of time on the new level.
    """

    agent: str
    operation: str | None
    metric: str
    before: float
    after: float
    change: float | None
    effect: float
    confidence: float
    is_worse: bool | None
    at: str
    earliest: str
    latest: str


class Slower(Struct, kw_only=True):
    """By how much a step lengthened an execution of its agent (negative: shortened), in its own time.

    `more_calls_ns` is due to how often it was called, `slower_calls_ns` to how long a call took; together they are the
    change. Calls are per execution.
    """

    operation: str
    more_calls_ns: int
    slower_calls_ns: int
    calls_before: float
    calls_after: float
    mean_before_ns: int
    mean_after_ns: int


class ChangedThen(Struct, kw_only=True):
    """What else changed at that time. `kind` is `version`, `model`, `commit` or `prompt`; `before` is what it was."""

    kind: str
    before: str | None
    after: str
    first_seen: str


class FirstBad(Struct, kw_only=True):
    """The first execution on the new level."""

    execution_id: str
    workspace: str
    started_at: str
    version: str | None
    duration_ns: int | None


class Regression(Struct, kw_only=True):
    """All that changed of one agent at one time; the first of `changes` says most.

    `at`, `earliest` and `latest` are those of the change whose time is known best. `slower` tells which steps took the
    time, those with the largest change first. `hour` is the hour of the day (UTC) of the first bad execution.
    """

    agent: str
    is_worse: bool | None
    at: str
    earliest: str
    latest: str
    changes: list[MetricChange]
    slower: list[Slower]
    changed_then: list[ChangedThen]
    first_bad: FirstBad | None
    hour: int | None


class Regressions(Shown, kw_only=True):
    """The changes of a period, the latest first.

    A series is one metric of one agent or step over stretches of `width_ns`. Those with under 8 points that count are
    in `series_too_short`. Of all changes that are told, at most 5 % are due to noise alone (Benjamini and Hochberg).
    """

    from_time: str
    to_time: str
    width_ns: int
    series: int
    series_too_short: int
    items: list[Regression]


class TrendPlace(Struct, kw_only=True):
    """An agent in one stretch of time; `started` is when it begins."""

    started: str
    executions: int
    failed_share: float | None
    p50_ns: int | None
    p95_ns: int | None
    cost_usd: float | None


class AgentTrend(Struct, kw_only=True):
    """How an agent went over the stretches of a period, the oldest first, with the changes of its own numbers."""

    agent: str
    executions: int
    p50_ns: int | None
    points: list[TrendPlace]
    changes: list[MetricChange]


class Trends(Shown, kw_only=True):
    """Every agent of a period, those with most executions first."""

    from_time: str
    to_time: str
    width_ns: int
    agents: list[AgentTrend]


class ForecastDay(Struct, kw_only=True):
    """What is expected of a day, and the bounds between which it will be with 80 % probability."""

    day: str
    expected: float
    low: float
    high: float


class LimitAhead(Struct, kw_only=True):
    """A limit on the calls of one hour, and when the busiest hour of a day will reach it.

    `is_seen` where it was not given but read from the hours in which calls met a rate limit. `used_share` is how much
    of it the busiest hour of the period used, above 1 where it went beyond. `days` is in how many days it is expected,
    `earliest_days` and `latest_days` bound that with 80 % probability; null is not within 90 days, and 0 that it was
    reached already.
    """

    calls_an_hour: float
    is_seen: bool
    used_share: float
    days: int | None
    earliest_days: int | None
    latest_days: int | None


class ResourceUse(Struct, kw_only=True):
    """How much of an agent, a model or a tool runs at once. `kind` is `agent`, `model` or `tool`.

    `in_flight` is how many ran on average from the first hour in which anything ran to the last (their time added up,
    over wall time), `peak_in_flight` how many at most in `busiest_hour`, and `busy_share` the share of that hour in
    which any ran. Of sampled executions, those that were kept count there. The busiest hour is that of the highest peak
    among the busiest hours of all resources: 24 of them are looked into call by call, 2 of many millions of calls; null
    where it ran in none of them. `calls_a_day` and `in_flight_a_day` are by day, days without any included; the first
    and last may be partial. `growth_a_week` is what the next seven days are expected to have more than the last seven
    whole ones, as a share.
    """

    kind: str
    name: str
    calls: int
    limited: int
    in_flight: float
    busiest_hour: str
    busiest_hour_calls: int
    peak_in_flight: int | None
    busy_share: float | None
    calls_a_day: list[int]
    in_flight_a_day: list[float]
    growth_a_week: float | None
    forecast: list[ForecastDay]
    limit: LimitAhead | None


class Capacity(Shown, kw_only=True):
    """How much runs at once and where that is going: those with most time in flight first."""

    from_time: str
    to_time: str
    first_day: str | None
    resources: list[ResourceUse]
