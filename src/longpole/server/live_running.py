"""Tells clients of the live door how many of what run, and first of all the trees that run."""

import asyncio
import logging
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from longpole.model.clock import now_ns
from longpole.model.errors import LongpoleError, NotFound
from longpole.reports.one_execution import tree_of
from longpole.reports.running import RunningAsked, UsualWaits, running_of
from longpole.reports.running_views import Running
from longpole.reports.views import ExecutionTree
from longpole.server.live_channel import Client, Watch
from longpole.server.live_hub import Hub
from longpole.store.engine import Engine

LOOK_EVERY_S = 1.0
MOST_TREES = 20

_log = logging.getLogger("longpole.live")


class RunningTeller:
    """Asks the store once a second what runs, while somebody wants to know and something happens or runs."""

    def __init__(self, store: Engine, hub: Hub) -> None:
        self._store = store
        self._hub = hub
        self._usual = UsualWaits(store)
        self._clients: dict[RunningAsked, dict[tuple[str, Client], None]] = {}
        self._last: dict[RunningAsked, Running] = {}
        self._task: asyncio.Task[None] | None = None

    def trees(self, watch: Watch) -> tuple[Sequence[ExecutionTree], int]:
        """The trees that run and are watched, at most 20, and how many more there are. Asks the store."""
        if watch.execution is not None:
            try:
                return [tree_of(self._store, watch.execution, workspace=watch.workspace)], 0
            except NotFound:  # it may come yet
                return [], 0
        asked = RunningAsked(workspace=watch.workspace, agent=watch.agent)
        executions = running_of(self._store, asked, now_ns(), self._usual).executions
        roots = list(dict.fromkeys((item.workspace, item.root_execution_id) for item in executions))
        trees = [tree_of(self._store, root, workspace=workspace) for workspace, root in roots[:MOST_TREES]]
        return trees, max(0, len(roots) - MOST_TREES)

    def add(self, name: str, client: Client, watch: Watch) -> None:
        """Tell a client from now on, by the name of its subscription."""
        asked = RunningAsked(workspace=watch.workspace, agent=watch.agent)
        self._clients.setdefault(asked, {})[name, client] = None
        self._last.pop(asked, None)  # told at once, also if nothing changes
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._tell())

    def remove(self, name: str, client: Client) -> None:
        """Tell a client no more."""
        for asked, clients in list(self._clients.items()):
            clients.pop((name, client), None)
            if not clients:
                del self._clients[asked]
                self._last.pop(asked, None)
        if not self._clients and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _tell(self) -> None:
        events = -1
        while True:
            has_news, events = self._hub.counters.events != events, self._hub.counters.events
            for asked in list(self._clients):
                last = self._last.get(asked)
                if last is None or has_news or last.executions:
                    await self._look(asked, last)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self, asked: RunningAsked, last: Running | None) -> None:
        try:
            running = await asyncio.to_thread(running_of, self._store, asked, now_ns(), self._usual)
        except LongpoleError as error:
            _log.debug("what runs could not be asked for: %s", error)  # health tells of the store
            return
        if last is not None and replace(running, at=last.at) == last:
            return
        self._last[asked] = running
        text = msgspec.json.encode(running).decode()
        for name, client in self._clients.get(asked, ()):
            if not client.is_busy:
                client.send(f'{{"type":"running","subscription":"{name}","running":{text}}}')
