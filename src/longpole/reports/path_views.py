"""What is said of one execution: its totals, its critical path, what it waited for, and what a change would bring.

Durations are nanoseconds, offsets count from the execution's start, shares are 0 to 1. Null is unknown.
"""

from msgspec import Struct

from longpole.reports.shown import Shown
from longpole.reports.views import CoverageSummary, Gap, PathStep


class Share(Struct, kw_only=True):
    """A part of the wall time. The parts of one bar sum to the duration exactly."""

    name: str
    duration_ns: int
    share: float


class SpanTotal(Struct, kw_only=True):
    """All spans of one category, agent, step name or model together.

    `total_ns` adds their durations, parallel ones too; `self_ns` is without what ran below them; `critical_ns` is what
    the execution waited for them itself. `wall_ns` gives each moment of the execution to one span, so that it sums to
    the duration; `share` is that of the duration. Of an agent its executions are counted, and the times are those of
    all its steps.
    """

    name: str
    count: int
    failed: int
    total_ns: int
    self_ns: int
    critical_ns: int
    wall_ns: int
    share: float


class ExecutionTotals(Shown, kw_only=True):
    """Where the time of one execution went.

    `bar` splits the wall time, the largest part first: `llm_wait` is waiting for a model's first token, `unexplained`
    what no step tells of. `models_ns` is the time in which at least one model call ran, `overhead_ns` all other time.
    `gaps` are the five longest without a step, of any length.
    """

    execution_id: str
    agent: str
    status: str
    is_running: bool
    duration_ns: int
    bar: list[Share]
    by_category: list[SpanTotal]
    by_agent: list[SpanTotal]
    by_step: list[SpanTotal]
    by_model: list[SpanTotal]
    models_ns: int
    overhead_ns: int
    coverage: CoverageSummary
    gaps: list[Gap]


class PathPart(Struct, kw_only=True):
    """A span on the critical path: for how long it, and nothing below it, was what everything waited for."""

    node_id: str
    name: str
    category: str
    is_agent: bool
    duration_ns: int
    critical_ns: int
    share: float


class SpareStep(Struct, kw_only=True):
    """A span beside the critical path: how much later it could have ended without moving the execution's end.

    `slack_ns` is null for what nobody waited for, which is what outlives its parent.
    """

    node_id: str
    name: str
    category: str
    is_agent: bool
    offset_ns: int
    duration_ns: int
    slack_ns: int | None


class CriticalPath(Shown, kw_only=True):
    """The chain of steps that decides how long an execution takes.

    `path` in order of time sums to `duration_ns` exactly. `parts` are its spans, the longest critical time first.
    `spare` are spans that ran beside it, the longest first, at most 50 of `spare_count`. `retries_ns` is the path's
    time in waits before another attempt and for rate limits. `outliving` counts spans that go on after their parent's
    end, `early` those that begin before their parent, which only clocks that differ can make.
    """

    execution_id: str
    agent: str
    status: str
    is_running: bool
    duration_ns: int
    path: list[PathStep]
    parts: list[PathPart]
    spare: list[SpareStep]
    spare_count: int
    retries_ns: int
    outliving: int
    early: int


class WaitKind(Struct, kw_only=True):
    """All waits of one kind: `queue`, `rate_limit`, `retry`, `first_token`, `blocked_loop` or `barrier_wait`.

    `critical_ns` is what of it the execution itself waited; `share` is that of its duration. `p50_ns` and `longest_ns`
    are of single waits.
    """

    kind: str
    count: int
    total_ns: int
    critical_ns: int
    share: float
    p50_ns: int
    longest_ns: int
    longest_id: str
    longest_name: str


class Branch(Struct, kw_only=True):
    """The last step of a branch that came to a join, and how long it was over before the join was."""

    node_id: str
    name: str
    waited_ns: int


class Join(Struct, kw_only=True):
    """Several branches that something waited for together, such as a `gather` or the superstep of a graph.

    `straggler` came last, `lead_ns` after the one before it: so much earlier everything would go on if it had been as
    quick. `waited_ns` adds what the others waited for it. `then` is what began next, null at the end of `inside`.
    """

    inside: str
    inside_id: str
    then: str | None
    then_id: str | None
    offset_ns: int
    branches: int
    straggler: str
    straggler_id: str
    lead_ns: int
    waited_ns: int
    is_critical: bool
    first: list[Branch]


class Waiting(Shown, kw_only=True):
    """What an execution waited for beside its work.

    `kinds` the most critical first. `joins` those on the critical path first, then by `lead_ns`, at most 50 of
    `join_count`.
    """

    execution_id: str
    agent: str
    status: str
    is_running: bool
    duration_ns: int
    kinds: list[WaitKind]
    joins: list[Join]
    join_count: int


class Evidence(Struct, kw_only=True):
    """Whether two steps can run at once: `verdict` is `independent`, `dependent` or `unknown`, the reasons in words.

    `confidence` is `high`, `medium` or `low`.
    """

    first: str
    second: str
    verdict: str
    confidence: str
    reasons: list[str]


class TriedChange(Struct, kw_only=True):
    """A change and what it would bring by itself. `option` is how `longpole what-if` and REST are asked for it."""

    deed: str
    option: str
    words: str
    steps: int
    after_ns: int
    saving_ns: int
    share: float
    evidence: list[Evidence]


class WhatIf(Shown, kw_only=True):
    """An execution simulated with all of `changes` at once; without any, `tries` says what could be tried.

    `share` is that of the duration before. `critical_path` is the one after the changes.
    """

    execution_id: str
    agent: str
    status: str
    before_ns: int
    after_ns: int
    saving_ns: int
    share: float
    changes: list[TriedChange]
    critical_path: list[PathStep]
    tries: list[TriedChange]
