"""The structs of the audit's joined answer: places in the code with what they cost; units and `null` as in `views`."""

from msgspec import Struct

from longpole.model.audit_finding import AuditFinding
from longpole.model.finding import Confidence
from longpole.reports.compare_views import Change, ExecutionSet


class AuditPost(Struct, kw_only=True):
    """What `longpole audit --measured` posts: all that one audit found in one program.

    What the program had before and is not among the findings is gone; with `rules` only what those rules find, and of
    that what is as sure as `min_confidence`: an audit that looks for less has not seen the rest go.
    """

    program: str
    findings: list[AuditFinding]
    rules: list[str] = []
    min_confidence: Confidence = Confidence.LOW
    workspace: str = "default"


class AuditPosted(Struct, kw_only=True):
    """What an audit has changed: how many findings the program has now, and how many came, came back and went."""

    program: str
    findings: int
    appeared: int
    reappeared: int
    disappeared: int


class AuditStateChange(Struct, kw_only=True):
    """What somebody says of a finding: "open", "accepted" or "fixed", who says so and why."""

    state: str
    by: str | None = None
    reason: str | None = None
    program: str | None = None
    workspace: str = "default"


class AuditTrendPoint(Struct, kw_only=True):
    """An eighth of the period: executions that were looked at, in how many of them the place ran, and for how long on
    average there; `mean_ns` is null where it ran in none."""

    from_time: str
    executions: int
    ran: int
    mean_ns: int | None


class AuditVerified(Struct, kw_only=True):
    """What has become of the agent's executions since an audit had the finding no more.

    `agent` is the one in which the place took most before. `mean_ns` and `p95_ns` hold executions since then against
    those before, with intervals of 95 %; `message` is "verified: -1.7 s, ..." where the mean fell for certain.
    """

    agent: str
    before: int
    after: int
    mean_ns: Change
    p95_ns: Change
    is_verified: bool
    message: str


class AuditedPlace(Struct, kw_only=True):
    """One place that an audit found, and what was measured there.

    `ran_by` says by what it is known to have run: "line" (a step or a blocked event loop at this very place), "stack"
    (it was on the stack while the event loop stood) or "function" (its function is a step, and the place may be a small
    part of it); null where nothing was seen of it. Then it may have run all the same, where nothing is recorded.

    `executions` are those looked at in which it ran, `share` is their share of the executions of its `agents`.
    `time_p50_ns` and `time_p95_ns` are for one execution in which it ran: time of the place itself, or with "function"
    that of its function. `saving_ns` is what such an execution would have been shorter on average, simulated for
    `simulated` of them; null where nobody can tell. `p95_drop` is the share by which p95 of the agents' executions
    would fall, 0 to 1. `saving_total_ns` is the saving of all executions of the period, estimated.

    `share_before` and `time_p50_before_ns` are those of the period before, of the same length.
    """

    fingerprint: str
    program: str
    rule: str
    title: str
    message: str
    advice: str
    confidence: str
    reasons: list[str]
    code_file: str
    code_line: int
    code_end_line: int
    code_function: str
    state: str
    state_by: str | None
    state_reason: str | None
    first_seen: str
    last_seen: str
    gone: str | None
    evidence: str
    ran_by: str | None
    agents: list[str]
    executions: int
    share: float | None
    time_p50_ns: int | None
    time_p95_ns: int | None
    saving_ns: int | None
    saving_total_ns: int | None
    p50_drop: float | None
    p95_drop: float | None
    simulated: int
    share_before: float | None
    time_p50_before_ns: int | None
    trend: list[AuditTrendPoint]
    example_execution_id: str | None
    verified: AuditVerified | None


class AuditProgram(Struct, kw_only=True):
    """A program whose audit was posted, when last, and how many of its findings are in each state."""

    program: str
    posted: str
    open: int
    accepted: int
    fixed: int


class AuditReport(Struct, kw_only=True):
    """What the audits of the programs found, joined with recorded executions; the largest saving first, then what ran,
    then what was not seen to run, then what is fixed.

    Of the period's `executions` (top executions that have ended) `looked_at` were held against the findings, chosen by
    their ids, which is by chance; of those in which a place ran `simulated` were run again without the faults.
    `saving_ns`, `p50_drop` and `p95_drop` are of all open findings at once, simulated together and never added up.
    `not_seen` is how many open findings were not seen to run. `message` says it in a sentence or two.
    """

    from_time: str
    to_time: str
    message: str
    programs: list[AuditProgram]
    executions: int
    looked_at: int
    simulated: int
    saving_ns: int | None
    p50_drop: float | None
    p95_drop: float | None
    not_seen: int
    items: list[AuditedPlace]


class AuditMetric(Struct, kw_only=True):
    """One figure before and after. `name` is what it is, `unit` "ns", "bytes", "share" or "count".

    `is_of_execution` says that it is a mean for one execution. `told_before` and `told_after` are how many executions
    told it; `missing` says what to turn on where too few did.
    """

    name: str
    title: str
    unit: str
    change: Change
    told_before: int
    told_after: int
    missing: str | None


class AuditVerification(Struct, kw_only=True):
    """Document 4's verification metrics of an agent before and after a change, with intervals of 95 %."""

    agent: str
    before: ExecutionSet
    after: ExecutionSet
    message: str
    metrics: list[AuditMetric]
