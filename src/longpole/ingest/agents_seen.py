"""Which agents exist: those that were registered, and those that have run."""

from collections.abc import Iterable

from msgspec.structs import replace

from longpole.model.event import AgentSeen
from longpole.model.execution import Execution

REFRESH_NS = 60_000_000_000
"""How far a stored `last_seen_ns` may lag behind."""

_Key = tuple[str, str, str | None, str | None]


class AgentRoll:
    """One row per workspace, agent, method and service, told again only when it says something new.

    An execution that is an hour old and one that runs now give the same row; a row that only grew older is told again
    after a minute. Not safe for threads.
    """

    def __init__(self) -> None:
        self._known: dict[_Key, AgentSeen] = {}
        self._told_ns: dict[_Key, int] = {}
        self._changed: dict[_Key, None] = {}
        self._unshown: dict[_Key, None] = {}

    def register(self, seen: AgentSeen) -> None:
        """Note an agent that its program has announced, or that ran."""
        key = (seen.workspace, seen.agent, seen.method, seen.service)
        known = self._known.get(key)
        merged = seen if known is None else _merge(known, seen)
        self._known[key] = merged
        is_stale = merged.last_seen_ns - self._told_ns.get(key, 0) >= REFRESH_NS
        if known is None or is_stale or replace(merged, last_seen_ns=known.last_seen_ns) != known:
            self._changed[key] = self._unshown[key] = None

    def note(self, executions: Iterable[Execution]) -> None:
        """Note the agents of executions."""
        for row in executions:
            known = self._known.get((row.workspace, row.agent, row.method, row.service))
            if (
                known is not None
                and known.first_seen_ns <= row.started_ns < self._told_ns.get(_key(known), 0) + REFRESH_NS
                and (row.version, row.environment) in ((known.version, known.environment), (None, None))
            ):
                continue
            self.register(
                AgentSeen(
                    workspace=row.workspace,
                    agent=row.agent,
                    method=row.method,
                    service=row.service,
                    version=row.version,
                    environment=row.environment,
                    code_file=row.code_file,
                    code_line=row.code_line,
                    code_function=row.code_function,
                    first_seen_ns=row.started_ns,
                    last_seen_ns=row.started_ns,
                )
            )

    def news(self) -> list[AgentSeen]:
        """The rows to show since the last call; they are still to be stored."""
        rows = [self._known[key] for key in self._unshown]
        self._unshown = {}
        return rows

    def take(self) -> list[AgentSeen]:
        """The rows to store since the last call."""
        rows = [self._known[key] for key in self._changed]
        for row in rows:
            self._told_ns[_key(row)] = row.last_seen_ns
        self._changed, self._unshown = {}, {}
        return rows


def _key(seen: AgentSeen) -> _Key:
    return (seen.workspace, seen.agent, seen.method, seen.service)


def _merge(known: AgentSeen, seen: AgentSeen) -> AgentSeen:
    newer, older = (seen, known) if seen.last_seen_ns >= known.last_seen_ns else (known, seen)
    return replace(
        newer,
        version=newer.version or older.version,
        environment=newer.environment or older.environment,
        code_file=newer.code_file or older.code_file,
        code_line=newer.code_line or older.code_line,
        code_function=newer.code_function or older.code_function,
        is_registered=known.is_registered or seen.is_registered,
        first_seen_ns=min(known.first_seen_ns, seen.first_seen_ns),
    )
