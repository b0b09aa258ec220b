"""One look at what runs, for whoever watches it: the executions with what is usual for them, and the chosen tree."""

import time
from collections.abc import Callable, Sequence

from msgspec import Struct

from longpole.client.answers import Answers, found_server
from longpole.client.over_http import HttpDoor
from longpole.model.errors import LongpoleError, NotFound, ServerUnreachable
from longpole.model.status import FAILED_STATUSES, OPEN_STATUSES
from longpole.reports.running import RUNNING
from longpole.reports.running_views import RunningExecution
from longpole.reports.usual_agents import USUAL_AGENTS
from longpole.reports.views import ExecutionItem, ExecutionTree
from longpole.settings import Settings

USUAL_KEPT_S = 60.0
MOST_ROWS = 200

Pairs = Sequence[tuple[str, str]]

STATUS_CHOICES: dict[str, tuple[str, ...]] = {
    "running": tuple(sorted(OPEN_STATUSES)),
    "failed": tuple(FAILED_STATUSES),
    "all": (),
}
"""What one may watch, and the statuses that it is; none means all."""


class WatchedExecution(Struct, frozen=True, kw_only=True):
    """An execution and what is known beside it. `running` is null of one that has ended.

    `p50_ns` and `p95_ns` are those of its agent in the last week, null where nothing is known.
    """

    item: ExecutionItem
    running: RunningExecution | None
    p50_ns: int | None
    p95_ns: int | None


class Look(Struct, frozen=True, kw_only=True):
    """What there was to see. `looked_s` is when, on the steady clock; `more` executions run that are not in `rows`.

    `tree` is null where none was asked for, or it is not there yet.
    """

    looked_s: float
    rows: list[WatchedExecution]
    more: int
    agents: list[str]
    bottleneck: str | None
    tree: ExecutionTree | None


def door_to_watch(settings: Settings) -> HttpDoor:
    """The server that the settings find.

    Raises:
        ServerUnreachable: there is none: in a store that nobody serves nothing happens.
    """
    door = found_server(settings)
    if door is None:
        raise ServerUnreachable(
            "No Longpole server runs here, and without one nothing happens that could be watched. Expected a running "
            "server. Start 'longpole serve', or name one with --url."
        )
    return door


class Watcher:
    """Asks a server what runs. Not for several threads at a time.

    Args:
        door: the server.
        steady_s: the steady clock in seconds.
    """

    def __init__(self, door: HttpDoor, steady_s: Callable[[], float] = time.monotonic) -> None:
        self._answers = Answers(door)
        self._steady_s = steady_s
        self._usual: dict[str, tuple[int | None, int | None]] = {}
        self._usual_at_s: float | None = None

    def look(
        self,
        *,
        agent: str | None = None,
        workspace: str | None = None,
        status: str = "running",
        chosen: str | None = None,
    ) -> Look:
        """What runs now, the latest first, and the tree of the execution that is chosen, else of the first one.

        Raises:
            ServerUnreachable, KeyRefused, InvalidInput: nobody answers, or not this question.
        """
        scope = [(name, text) for name, text in (("workspace", workspace), ("agent", agent)) if text is not None]
        given = [("status", each) for each in STATUS_CHOICES[status]]
        page = self._answers.executions([*scope, *given, ("limit", str(MOST_ROWS))])
        running = self._answers.ask(RUNNING, scope)
        in_hand = {one.execution_id: one for one in running.executions}
        usual = self._known_usual(workspace)
        rows = [
            WatchedExecution(
                item=item,
                running=in_hand.get(item.execution_id) if item.status in OPEN_STATUSES else None,
                p50_ns=usual.get(item.agent, (None, None))[0],
                p95_ns=usual.get(item.agent, (None, None))[1],
            )
            for item in page.items
        ]
        wanted = chosen or (rows[0].item.execution_id if rows else None)
        return Look(
            looked_s=self._steady_s(),
            rows=rows,
            more=sum(one.running + one.queued for one in running.agents) - len(running.executions),
            agents=sorted({one.agent for one in running.agents} | set(usual) | {row.item.agent for row in rows}),
            bottleneck=running.bottleneck,
            tree=self._tree(wanted, workspace),
        )

    def _tree(self, execution_id: str | None, workspace: str | None) -> ExecutionTree | None:
        if execution_id is None:
            return None
        try:
            return self._answers.execution(execution_id, workspace=workspace)
        except NotFound:
            return None

    def _known_usual(self, workspace: str | None) -> dict[str, tuple[int | None, int | None]]:
        """By agent, p50 and p95 of the last week; asked once a minute, and kept where it cannot be asked."""
        now_s = self._steady_s()
        if self._usual_at_s is None or now_s - self._usual_at_s > USUAL_KEPT_S:
            self._usual_at_s = now_s
            try:
                found = self._answers.ask(USUAL_AGENTS, [] if workspace is None else [("workspace", workspace)])
            except LongpoleError:  # a minute without what is usual is better than none without what runs
                return self._usual
            self._usual = {one.agent: (one.p50_ns, one.p95_ns) for one in found.agents}
        return self._usual
