"""What is usual for an execution and its steps, and how its steps depend on each other; units as in `views`."""

from msgspec import Struct


class DurationBar(Struct, kw_only=True):
    """A stretch of durations and the share (0 to 1) of the other executions that took so long."""

    from_ns: int
    to_ns: int
    share: float


class UsualStep(Struct, kw_only=True):
    """How long the finished steps of one name take in other executions of its agent; of an agent itself, `is_agent`.

    `percentiles_ns` are 99, the 1st first: a duration is longer than as many percent as it exceeds of them.
    """

    agent: str
    name: str
    category: str
    is_agent: bool
    others: int
    percentiles_ns: list[int]


class UsualExecution(Struct, kw_only=True):
    """How an execution's agent usually behaves. Under 30 others nothing is usual: `bars`, `shares`, `steps` are empty.

    `bars` are of equal width from 0 on; what took longer than the last is in the last. `shares` are those of wall time
    by category (they sum to 1) over the newest `shares_of` settled executions, each counted alike. `example` is the
    successful one whose duration is nearest to the median.
    """

    execution_id: str
    agent: str
    executions: int
    p50_ns: int | None
    p95_ns: int | None
    slower_than: float | None
    bars: list[DurationBar]
    shares: dict[str, float]
    shares_of: int
    steps: list[UsualStep]
    example_execution_id: str | None


class GraphNode(Struct, kw_only=True):
    """A step or an agent in the graph. `share` is its part of the critical path's time, what lies below it included.

    Three siblings of one name or more are one node, the first of them, that stands for `times`.
    """

    node_id: str
    parent_id: str | None
    name: str
    category: str
    is_agent: bool
    status: str
    offset_ns: int
    duration_ns: int | None
    critical_ns: int
    share: float
    times: int


class GraphEdge(Struct, kw_only=True):
    """`kind` is `call` (a step begins with what it belongs to), `handoff` (an agent calls an agent), `order` (it began
    when the other had ended) or `data` (values of the other's output are in its input; `words` tells one)."""

    source: str
    target: str
    kind: str
    words: str | None


class StepGraph(Struct, kw_only=True):
    """How the steps of an execution hang together. Of many steps the upper ones are shown, `left_out` are not.

    `texts` is how many of the nodes had inputs or outputs to be compared: without any there are no `data` edges.
    """

    execution_id: str
    agent: str
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    left_out: int
    texts: int
