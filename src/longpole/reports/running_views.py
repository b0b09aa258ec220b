"""What runs at this moment, as REST, the live door, the command line and the client show it."""

from msgspec import Struct

from longpole.reports.shown import Shown


class RunningAgent(Struct, kw_only=True):
    """How many executions of an agent are open. `running` and `queued` are all of them.

    Of the running ones `waiting` wait for a model that has not begun to answer. `queued` ones have not begun to work,
    or wait in a queue. `longest_ns` is how long the one that began first has been open.
    """

    workspace: str
    agent: str
    running: int
    queued: int
    waiting: int
    longest_ns: int


class InHand(Struct, kw_only=True):
    """An open step that no other open step lies below: what an execution does now.

    `p99_ns` is how long 99 of 100 successful calls of this model took in the last day; null with fewer than 30, and for
    other steps. `words` say it as a sentence does: "waiting 41 s for gpt-5.2, p99 is 12 s".
    """

    step_id: str
    name: str
    category: str
    status: str
    model: str | None
    started_at: str
    so_far_ns: int
    p99_ns: int | None
    is_waiting: bool
    words: str


class RunningExecution(Struct, kw_only=True):
    """An open execution and what it has in hand, the longest first; nothing where its child executions have it all.

    `silent_ns` is how long nothing was heard of its process, null where that does not say that it lives.
    """

    execution_id: str
    root_execution_id: str
    parent_execution_id: str | None
    trace_id: str
    workspace: str
    agent: str
    status: str
    stage: str | None
    state: str
    started_at: str
    so_far_ns: int
    silent_ns: int | None
    in_hand: list[InHand]


class OpenRequest(Struct, kw_only=True):
    """A request to a model that has no response yet: neither its end nor its first token came."""

    workspace: str
    agent: str
    execution_id: str
    step_id: str
    provider: str | None
    model: str | None
    started_at: str
    so_far_ns: int
    p99_ns: int | None


class Running(Shown, kw_only=True):
    """What runs: counts by agent, the executions that began first (at most 200, `more` others), open requests.

    `bottleneck` says in words what most of it waits for, null while nothing takes long.
    """

    at: str
    agents: list[RunningAgent]
    executions: list[RunningExecution]
    more: int
    open_requests: list[OpenRequest]
    bottleneck: str | None
