"""The structs that tell what to do; units and `null` as in `views`."""

from msgspec import Struct

from longpole.reports.shown import Shown
from longpole.reports.views import FindingItem


class Findings(Shown, kw_only=True):
    """What is worth telling about one execution, the largest saving on its critical path first.

    Savings overlap: `saving_together_ns` is by how much it would have been shorter with all of `together` (finding ids)
    at once, simulated. Running executions are looked at as they are so far.
    """

    execution_id: str
    agent: str
    status: str
    is_running: bool
    duration_ns: int
    saving_together_ns: int
    together: list[str]
    findings: list[FindingItem]


class CacheRate(Struct, kw_only=True):
    """What a cache would have done whose entries live `ttl_s` seconds: `hit_rate` is a share of the calls looked at.

    `saved_ns` is time of the calls themselves; what an execution saves of it, its own findings tell.
    """

    ttl_s: int
    hit_rate: float
    saved_ns: int
    saved_usd: float | None


class RepeatedOperation(Struct, kw_only=True):
    """An operation that was called with the same arguments more than once.

    `may_write` says that its name sounds as if it changed something: then a cache would be wrong. `caches` were tried
    on the newest `looked_at` calls, which span `looked_at_ns`.
    """

    name: str
    category: str
    model: str | None
    calls: int
    calls_weight: float
    different_arguments: int
    total_ns: int
    cost_usd: float | None
    may_write: bool
    looked_at: int
    looked_at_ns: int
    caches: list[CacheRate]


class Repeats(Shown, kw_only=True):
    """Operations that are called again and again with the same arguments, those with most repeated time first."""

    from_time: str
    to_time: str
    operations: list[RepeatedOperation]


class OpportunityItem(Struct, kw_only=True):
    """What was found again and again at one place of an agent.

    `saving_ns` and `saving_usd` are sums over the `executions` it was found in (top executions, estimated for all where
    some were sampled); each is what that one would have been shorter by alone. `title` and `advice` are of one of them.
    """

    rule: str
    title: str
    advice: str
    agent: str
    confidence: str
    executions: int
    findings: int
    saving_ns: int
    most_saving_ns: int | None
    saving_usd: float | None
    code_file: str | None
    code_line: int | None
    code_function: str | None
    example_execution_id: str


class Opportunities(Shown, kw_only=True):
    """What could be done better, the largest saving first. Long executions are looked at first when many settle."""

    from_time: str
    to_time: str
    opportunities: list[OpportunityItem]
