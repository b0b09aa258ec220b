"""What the pictures of overview and list show: executions by time and by duration, as points, and what differs."""

from msgspec import Struct


class PulsePlace(Struct, kw_only=True):
    """A slot of time; `started_at` is when it begins. Durations leave skipped executions out.

    Cost and tokens are those of each execution's own steps; null where nobody told any. `in_flight` is how many of the
    executions that began in it ran at once on average over its width.
    """

    started_at: str
    executions: int
    failed: int
    success_rate: float | None
    p50_ns: int | None
    p95_ns: int | None
    mean_ns: int | None
    cost_usd: float | None
    tokens: int | None
    in_flight: float
    memory_mb: float | None


class Pulse(Struct, kw_only=True):
    """Executions by when they started, in 60 to 120 slots of `width_ns`, empty ones included, the oldest first.

    The first and the last slot may reach beyond the range. `executions`, `p50_ns` and `p95_ns` are of all of them.
    `gone` are those that retention has removed, counted nowhere else in this answer: their sums by days are left
    (`GET /api/overview`). Null where a filter is given that these sums do not know.
    """

    from_time: str
    to_time: str
    width_ns: int
    executions: int
    failed: int
    p50_ns: int | None
    p95_ns: int | None
    gone: int | None
    places: list[PulsePlace]


class ExecutionPoint(Struct, kw_only=True):
    """One execution as a point: `offset_ms` is from the beginning of the range to its start."""

    execution_id: str
    agent: str
    status: str
    offset_ms: int
    duration_ns: int


class StatusCount(Struct, kw_only=True):
    """How many executions of a status there are, and how many of them are drawn; open ones have no duration yet."""

    status: str
    executions: int
    drawn: int


class Points(Struct, kw_only=True):
    """At most 2,000 ended executions, drawn at random where there are more; failed ones by themselves, at most 500.

    `one_in` is how many of those that did not fail one point stands for, and `failed_one_in` of those that did.
    """

    from_time: str
    to_time: str
    executions: int
    one_in: float
    failed_one_in: float
    statuses: list[StatusCount]
    points: list[ExecutionPoint]


class DurationBin(Struct, kw_only=True):
    """How many executions took longer than `from_ns` and at most `to_ns`, and how many of the other set did."""

    from_ns: int
    to_ns: int
    executions: int
    against: int | None


class DurationSet(Struct, kw_only=True):
    """The executions of one set, and how long half and 95 % of them took at most, within 1 %."""

    executions: int
    p50_ns: int | None
    p95_ns: int | None


class Distribution(Struct, kw_only=True):
    """Ended executions by duration, in bins of equal width on a logarithmic axis, without skipped ones.

    With another set both have the same bins; `words` says which one it is.
    """

    from_time: str
    to_time: str
    executions: DurationSet
    against: DurationSet | None
    words: str | None
    bins: list[DurationBin]


class TraitShare(Struct, kw_only=True):
    """Which part of the chosen executions has something, and which part of the others."""

    key: str
    relation: str
    value: str
    share: float
    other_share: float


class TraitDifference(Struct, kw_only=True):
    """What the chosen executions have more often than the others.

    `share` and `other_share` are which part of them has it, `points` the difference of these, between `low` and `high`
    with 95 % confidence (null with too few). `odds_ratio` compares executions that are alike in what was told before
    it; `p_value` is corrected for how many traits were tested. `companions` are what mostly the same executions have:
    which of them matters cannot be told apart.
    """

    key: str
    relation: str
    value: str
    share: float
    other_share: float
    points: float
    low: float | None
    high: float | None
    odds_ratio: float
    p_value: float
    sentence: str
    companions: list[TraitShare]


class Differences(Struct, kw_only=True):
    """What is different about the chosen executions, the surest first; of what goes together the strongest is told.

    `looked_at` of them and `others_looked_at` of the others were drawn at random. `slower_than_ns` is where nothing was
    chosen, so that the slow ones are: the 95th percentile. `alike` are the keys that were tested and do not
    differ for certain. They are differences, not causes.
    """

    from_time: str
    to_time: str
    chosen: int
    others: int
    looked_at: int
    others_looked_at: int
    slower_than_ns: int | None
    tested: int
    message: str
    differences: list[TraitDifference]
    alike: list[str]


class UsualAgent(Struct, kw_only=True):
    """An agent in a period and how long it took in the one before.

    `p50_change` and `p95_change` are relative (0.2: a fifth longer), null where a period has too few; `is_slower` and
    `is_faster` only where the medians differ for certain. `category_ns` is the time of its steps without what ran
    inside them, estimated for all where some were sampled. Cost and tokens are its own, without agents that it called.
    """

    agent: str
    executions: int
    running: int
    failed_share: float | None
    skipped_share: float | None
    p50_ns: int | None
    p95_ns: int | None
    p50_before_ns: int | None
    p95_before_ns: int | None
    p50_change: float | None
    p95_change: float | None
    is_slower: bool
    is_faster: bool
    steps_mean: float | None
    cost_usd: float | None
    tokens: int | None
    category_ns: dict[str, int]


class UsualAgents(Struct, kw_only=True):
    """The agents of a period, those with most executions first; `environments` are those in which any ran."""

    from_time: str
    to_time: str
    previous_from_time: str
    environments: list[str]
    agents: list[UsualAgent]
