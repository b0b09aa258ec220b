"""The answers about many executions: a period and the one before, when and how things go wrong, where the time goes.

Counts are of the executions that are kept; rates, times, sums and shares are estimates for all of them where some were
sampled. Times are nanoseconds, shares 0 to 1, null is unknown. A claim (`is_notable`, `is_busy`, ...) is made where it
is more than noise after correction for the number of tests, and large enough to matter.
"""

from msgspec import Struct

from longpole.reports.shown import Shown


class Figure(Struct, kw_only=True):
    """One number of a period and of the one before.

    `change` is relative (0.2 is 20 % more), of rates the difference. `is_notable` is null where there is too little to
    tell. `p_value` is corrected for the number of figures.
    """

    value: float | None
    previous: float | None
    change: float | None
    is_notable: bool | None
    p_value: float | None


class DurationBand(Struct, kw_only=True):
    """Ended executions that took from `from_ns` to under `to_ns`, and how many of them succeeded."""

    from_ns: int
    to_ns: int
    executions: int
    success_rate: float | None


class SuccessAndDuration(Struct, kw_only=True):
    """Whether failed executions take longer or shorter than those that succeed.

    `longer` is how likely a failed one takes longer than one that succeeded, less how likely it takes shorter: -1 to 1.
    """

    succeeded_p50_ns: int | None
    failed_p50_ns: int | None
    longer: float | None
    is_notable: bool | None
    bands: list[DurationBand]


class SpeedAndScore(Struct, kw_only=True):
    """Whether slower executions score better or worse: `correlation` of ranks, -1 to 1, above 0 slower is better.

    The means are of the faster and of the slower half.
    """

    name: str
    scored: int
    correlation: float | None
    is_notable: bool | None
    fast_mean: float | None
    slow_mean: float | None


class Statistics(Shown, kw_only=True):
    """A period against the one before, which is as long.

    Sums of tokens, cost and credits are of what was told; each model call counts once. `is_previous_whole` is false if
    the first execution is younger than the previous period: then nothing that is counted or summed is notable.
    """

    from_time: str
    to_time: str
    previous_from_time: str
    is_previous_whole: bool
    running: int
    succeeded: int
    failed: int
    skipped: int
    executions: Figure
    success_rate: Figure
    mean_ns: Figure
    p50_ns: Figure
    p95_ns: Figure
    p99_ns: Figure
    credits: Figure
    mean_credits: Figure
    tokens: Figure
    mean_tokens: Figure
    cost_usd: Figure
    mean_cost_usd: Figure
    success_and_duration: SuccessAndDuration
    speed_and_scores: list[SpeedAndScore]


class TimePattern(Struct, kw_only=True):
    """One hour of the day (`place` 0 to 23, UTC) or one day of the week (0 is Monday).

    `share` is its part of all executions, `typical_ns` the geometric mean, `times_as_long` the typical duration
    against that of all other hours or days. The p-values are corrected, and null where there is too little to tell.
    """

    place: int
    name: str
    executions: int
    share: float
    success_rate: float | None
    failure_rate_elsewhere: float | None
    mean_ns: int | None
    typical_ns: int | None
    times_as_long: float | None
    is_busy: bool
    is_failing: bool
    is_slow: bool
    busy_p: float | None
    failing_p: float | None
    slow_p: float | None


class PathPattern(Struct, kw_only=True):
    """One way that executions of an agent go, with loops folded. `share` is its part of that agent's executions.

    `times_as_long` compares typical durations, and `failure_rate_elsewhere` is that of the agent's other ways.
    """

    agent: str
    path_hash: str
    path: str | None
    executions: int
    share: float
    success_rate: float | None
    failure_rate_elsewhere: float | None
    mean_ns: int | None
    p50_ns: int | None
    p95_ns: int | None
    mean_cost_usd: float | None
    mean_credits: float | None
    times_as_long: float | None
    is_failing: bool
    is_slow: bool
    failing_p: float | None
    slow_p: float | None


class Patterns(Shown, kw_only=True):
    """When and on which ways executions are many, fail or take long. `hours` are of the day in UTC, `weekdays` from
    Monday on, `paths` the most frequent first; `sentences` tell what stands out."""

    from_time: str
    to_time: str
    sentences: list[str]
    hours: list[TimePattern]
    weekdays: list[TimePattern]
    paths: list[PathPattern]


class InputKey(Struct, kw_only=True):
    """A key of inputs (`input.`) or attributes (`attribute.`): `executions` of the sample have it.

    The others are estimates for all executions: the share that has it, their success rate.
    """

    key: str
    executions: int
    share: float
    success_rate: float | None


class InputPattern(Struct, kw_only=True):
    """A key or value that goes with failure or with long durations (`effect` is "failing" or "slow").

    `relation` is "=", "is there", "is missing", "is at least" or "is at most". `with_it` and `without_it` are failure
    rates, or typical durations in nanoseconds; `ratio` is odds of failing with it against without, or times as long,
    among executions of one agent at one time. Of patterns that go together only the strongest is named.
    """

    key: str
    relation: str
    value: str
    effect: str
    executions: int
    with_it: float
    without_it: float
    ratio: float
    p_value: float
    sentence: str


class InputPatterns(Shown, kw_only=True):
    """What inputs have to do with failure and slowness, from a sample of `sampled` executions out of `executions`.

    Of the sample `with_input` had an input or attributes that are still stored.
    """

    from_time: str
    to_time: str
    executions: int
    sampled: int
    with_input: int
    patterns: list[InputPattern]
    keys: list[InputKey]


class FailureGroup(Struct, kw_only=True):
    """Errors that are alike: one type, one message (numbers, ids, paths and quoted words aside), one place.

    `place` is the deepest step that failed first, not the one that raised the error again, or the agent itself.
    `executions` failed by it; in `healed` cases nothing but the step failed. `lost_ns` is the time of the outermost
    executions that failed by it and of healed steps, `lost_cost_usd` the money that was spent in them. `first_seen` and
    `last_seen` are starts within the period. Of `looked_at` newest cases: `retried` were followed by the same step
    again with success, `before` are the steps that most often came right before.
    """

    group_id: str
    error_type: str | None
    message: str | None
    example: str | None
    place: str
    code_file: str | None
    code_function: str | None
    executions: int
    executions_weight: float
    healed: int
    healed_weight: float
    statuses: list[str]
    agents: list[str]
    versions: list[str]
    first_seen: str
    last_seen: str
    lost_ns: int
    lost_cost_usd: float | None
    looked_at: int
    retried: int
    before: list[str]
    example_execution_id: str | None
    example_step_id: str | None


class FailureSlice(Struct, kw_only=True):
    """What failed in one stretch of a period: executions, and steps whether they failed one or not."""

    started: str
    executions: int
    steps: int


class FailureGroups(Shown, kw_only=True):
    """The errors of a period in groups, those that failed most executions first.

    `executions` failed in all, `healed` step errors failed none. Of very many errors only the newest are looked at,
    those from `looked_at_from` on: groups and `healed` are of these. `is_complete` is false then, and where there are
    so many different errors that rare ones are left out. `over_time` has the stretches of `width_ns` in which anything
    failed, the oldest first.
    """

    from_time: str
    to_time: str
    looked_at_from: str
    executions: int
    healed: int
    is_complete: bool
    width_ns: int
    over_time: list[FailureSlice]
    groups: list[FailureGroup]


class SlackShares(Struct, kw_only=True):
    """How much later steps of one name could have ended without moving the end: shares of them, together 1.

    `none` is on the critical path; nobody waited for `not_waited_for`, or their executions have not settled.
    """

    none: float
    under_10_ms: float
    under_100_ms: float
    under_1_s: float
    over_1_s: float
    not_waited_for: float


class BottleneckStep(Struct, kw_only=True):
    """The steps of one name of one agent, over many executions.

    `on_path_share` is the share of the agent's executions in which it is on the critical path, `critical_share` its
    part of all critical time. `is_agent` marks the agent's own time between its steps.
    """

    agent: str
    name: str
    category: str
    is_agent: bool
    steps: int
    failed_share: float | None
    on_path_share: float | None
    critical_share: float
    critical_ns: int
    self_ns: int
    mean_ns: int | None
    stddev_ns: int | None
    p50_ns: int | None
    p95_ns: int | None
    p99_ns: int | None
    slack: SlackShares | None


class Bottlenecks(Shown, kw_only=True):
    """What the critical path of executions consists of, the largest part first.

    `looked_at_share` is 1, or which part of the period was looked at because it has very many steps: 61 stretches of
    time spread evenly over it.
    """

    from_time: str
    to_time: str
    executions: int
    steps: int
    critical_ns: int
    looked_at_share: float
    operations: list[BottleneckStep]


class MergedStep(Struct, kw_only=True):
    """All steps of one path of names over many executions; `parent` is a position in the list, -1 for an agent itself.

    `total_ns` adds durations, `self_ns` is without what ran below, `critical_ns` what executions waited for it itself.
    """

    parent: int
    name: str
    category: str
    count: int
    total_ns: int
    self_ns: int
    critical_ns: int


class MergedSteps(Struct, kw_only=True):
    """Many executions as one tree, parents before children; called agents are trees of their own.

    `executions` and `steps` were read, the newest of the period; `is_complete` says that these are all.
    """

    from_time: str
    to_time: str
    executions: int
    steps: int
    is_complete: bool
    nodes: list[MergedStep]


class SlowOperation(Struct, kw_only=True):
    """The steps of one name of one agent that took longer than is slow (`slow`) and than is critical (`critical`)."""

    agent: str
    name: str
    category: str
    slow: int
    critical: int
    longest_ns: int
    last_seen: str


class OperationTotal(Struct, kw_only=True):
    """How much time of their own the steps of one name of one agent took together; `share` of that of all steps."""

    agent: str
    name: str
    category: str
    steps: int
    self_ns: int
    share: float


class SlowStep(Struct, kw_only=True):
    """One step that took long by itself."""

    execution_id: str
    step_id: str
    agent: str
    name: str
    category: str
    status: str
    started_at: str
    duration_ns: int | None
    self_ns: int
    critical_ns: int | None
    slack_ns: int | None
    model: str | None
    tool: str | None
    code_file: str | None
    code_line: int | None
    code_function: str | None


class SlowOperations(Shown, kw_only=True):
    """Which operations are slow: the ten with most time of their own, those over the limits, the ten longest steps.

    `looked_at_share` is about the first of these, as in `Bottlenecks`; the others are of all steps.
    """

    from_time: str
    to_time: str
    looked_at_share: float
    slow_operation_ms: int
    critical_operation_ms: int
    slowest: list[OperationTotal]
    over_limits: list[SlowOperation]
    longest_steps: list[SlowStep]
