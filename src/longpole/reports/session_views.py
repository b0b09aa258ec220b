"""The structs about sessions: conversations of several turns, in which agents work and people think."""

from msgspec import Struct

from longpole.reports.views import ExecutionItem


class SessionAgent(Struct, kw_only=True):
    """An agent that people spoke to in a session, and in how many turns."""

    agent: str
    turns: int


class SessionSummary(Struct, kw_only=True):
    """One session. A turn is an execution of it that no other one called.

    `busy_ns` is the wall time in which a turn ran, `think_ns` the time between turns, which is the user's and not the
    agent's; together they are `duration_ns`, from the first start to the last end. Percentiles are of the turns that
    have ended, within 1 %. Tokens and cost are those of whole turns; null where none of their model calls told.
    """

    session_id: str
    workspace: str
    user_id: str | None
    agents: list[SessionAgent]
    turns: int
    running: int
    failed: int
    first_at: str
    last_at: str
    duration_ns: int
    busy_ns: int
    think_ns: int
    p50_ns: int | None
    p95_ns: int | None
    tokens: int | None
    cost_usd: float | None
    model_calls: int
    model_calls_without_usage: int
    model_calls_without_cost: int


class SessionPage(Struct, kw_only=True):
    """Sessions in the order that was asked for. `sessions` is how many there are without the limit."""

    items: list[SessionSummary]
    sessions: int


class SessionTurn(Struct, kw_only=True):
    """One turn. `offset_ns` is from the start of the first turn; `think_ns` is how long nothing ran before it, null for
    the first turn and 0 where the turn before still ran.

    `asked` and `answered` are the words of its input and output, at most 2,000 letters of each, as far as they could be
    made out. Tokens and cost `so_far` are the sums of what was told up to and with this turn.
    """

    number: int
    execution: ExecutionItem
    offset_ns: int
    think_ns: int | None
    asked: str | None
    answered: str | None
    tokens_so_far: int | None
    cost_so_far_usd: float | None


class SessionDetail(Struct, kw_only=True):
    """A session with its first turns, in order of time; `turns_left_out` is how many more there are."""

    session: SessionSummary
    turns: list[SessionTurn]
    turns_left_out: int
