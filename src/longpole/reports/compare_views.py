"""The structs that compare: two executions step by step, two sets of executions, one execution with all others."""

from msgspec import Struct

from longpole.reports.shown import Shown
from longpole.reports.views import ExecutionItem


class StepSide(Struct, kw_only=True):
    """A step or execution as one of the two has it. Tokens and cost of an execution are those of its whole tree."""

    id: str
    status: str
    offset_ns: int
    duration_ns: int | None
    self_ns: int | None
    critical_ns: int | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    model: str | None


class StepPair(Struct, kw_only=True):
    """A step that both executions have, or only one (the other is null). `is_moved`: in another order among the same.

    `is_execution` marks a called agent, whose name is `name`. Changes are `b` less `a`, null where one does not tell.
    """

    name: str
    category: str
    depth: int
    is_execution: bool
    is_moved: bool
    a: StepSide | None
    b: StepSide | None
    duration_change_ns: int | None
    self_change_ns: int | None
    critical_change_ns: int | None
    cost_change_usd: float | None


class NameChange(Struct, kw_only=True):
    """All steps of a name in the two executions: how many, their own time, their time on the critical path, money.

    Critical times of all names, with `(own time)` of the executions, add up to the two durations, and so do the changes
    to the difference. Null where an execution has not ended.
    """

    name: str
    category: str
    count_a: int
    count_b: int
    self_a_ns: int | None
    self_b_ns: int | None
    critical_a_ns: int | None
    critical_b_ns: int | None
    cost_a_usd: float | None
    cost_b_usd: float | None


class Comparison(Shown, kw_only=True):
    """Two executions side by side; `b` is held against `a`.

    `message` says it in a sentence. `names` are sorted by the size of their change on the critical path, else of their
    own time. `pairs` are in the order of `b`, parents before children; the largest trees are cut: `pairs_left_out`.
    """

    a: ExecutionItem
    b: ExecutionItem
    message: str
    duration_change_ns: int | None
    matched: int
    only_in_a: int
    only_in_b: int
    names: list[NameChange]
    pairs: list[StepPair]
    pairs_left_out: int


class Change(Struct, kw_only=True):
    """A figure of two sets and its change from `a` to `b`, with the ends of its 95 % interval.

    Null where a set is too small to say. `is_certain`: no change lies outside of the interval of 99 %, too.
    """

    a: float | None
    b: float | None
    change: float | None
    low: float | None
    high: float | None
    is_certain: bool


class StepChange(Struct, kw_only=True):
    """The steps of one name in two sets; `timings_*` are how many are kept. Calls, own and critical time are means for
    an execution. `chance` is how likely durations differ so by chance; `is_certain` takes into account how many steps
    were looked at. A step that one set never has has no change of its durations."""

    name: str
    category: str
    timings_a: int
    timings_b: int
    calls_a: float
    calls_b: float
    p50_ns: Change
    p95_ns: Change
    failure_rate: Change
    self_a_ns: float | None
    self_b_ns: float | None
    critical_a_ns: float | None
    critical_b_ns: float | None
    chance: float | None
    is_certain: bool


class ExecutionSet(Struct, kw_only=True):
    """One of two sets: what was asked for, and how many finished executions it has. Skipped ones are left out."""

    version: str | None
    environment: str | None
    from_time: str | None
    to_time: str | None
    executions: int


class SetComparison(Shown, kw_only=True):
    """Two sets of an agent's executions; `b` is held against `a`.

    `message` says it in a sentence. Durations are nanoseconds (those of steps within 3 %), tokens, steps and cost means
    for an execution with all that it called. `steps` are the agent's own, sorted by the size of their change on the
    critical path.
    """

    agent: str
    a: ExecutionSet
    b: ExecutionSet
    message: str
    p50_ns: Change
    p95_ns: Change
    success_rate: Change
    tokens: Change
    cost_usd: Change
    steps_per_execution: Change
    duration_chance: float | None
    steps: list[StepChange]


class StepStanding(Struct, kw_only=True):
    """The steps of one name of an execution among all of that name: the longest of them, and which share of the others
    is shorter (0.96 is slower than 96 %); null where there are fewer than 20 others."""

    name: str
    category: str
    count: int
    longest_id: str
    longest_ns: int
    others: int
    p50_ns: float | None
    p95_ns: float | None
    share_below: float | None
    excess_ns: float | None


class Standing(Shown, kw_only=True):
    """An execution among the others of its agent, step by step; the steps that lie most above their median first."""

    execution: ExecutionItem
    message: str
    others: int
    p50_ns: float | None
    p95_ns: float | None
    share_below: float | None
    steps: list[StepStanding]
