"""Hears every process that sends, and finds out which of them vanished.

A process is heard whenever a span or log record of it arrives. When nothing of one was heard for long enough, what it
left open is closed as crashed; if it speaks again, that is opened again. Not safe across threads: the reading thread
owns it.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from longpole.ingest.heartbeats import Beat
from longpole.ingest.known_traces import find_known_traces
from longpole.ingest.outage import Outage
from longpole.ingest.traces import TraceBook
from longpole.ingest.vanished import GONE
from longpole.model.process import ProcessSeen
from longpole.store.engine import Engine

_log = logging.getLogger("longpole.processes")

CRASHED_AFTER_NS = 20_000_000_000
WITHOUT_HEARTBEAT = 15
"""So many times longer is waited for a process that has never sent a heartbeat: its silence says little."""

STORE_EVERY_NS = 10_000_000_000
"""How far a stored row of a process that is alive may lag behind."""

_LOOKS = 8  # how often a silence is looked at before it is too long
_AT_ONCE = 500  # traces that are brought back for one process at a time
_JOINED = 64  # and so many more that links join to them
_SWEEP_NS = 60_000_000_000
_KEPT_NS = 24 * 3600 * 1_000_000_000  # after which a silent process without anything open is forgotten

_Key = tuple[str, str]


class _Process(Struct):
    """`heard_ns` is when something of it arrived, `told_ns` the latest time by its own clock; `None` if unknown."""

    heard_ns: int
    told_ns: int | None = None
    has_beaten: bool = False
    has_vanished: bool = False
    has_ended: bool = False
    lost: int = 0
    seen: ProcessSeen | None = None
    stored_ns: int | None = None


class ProcessWatch:
    """The processes of one server.

    Args:
        engine: where their open rows are found again.
        book: in which their open spans are closed.
        outage: told when the store is asked, so that one sees when it does not answer.
        crashed_after_ns: so long nothing may be heard of a process.
        ended_after_ns: the same for one that said goodbye.
    """

    def __init__(
        self,
        engine: Engine,
        book: TraceBook,
        outage: Outage,
        *,
        crashed_after_ns: int = CRASHED_AFTER_NS,
        ended_after_ns: int = 1_000_000_000,
    ) -> None:
        self.crashed = 0
        self._engine = engine
        self._book = book
        self._outage = outage
        self._crashed_after_ns = crashed_after_ns
        self._ended_after_ns = ended_after_ns
        self._processes: dict[_Key, _Process] = {}
        self._open: dict[_Key, _Process] = {}  # those of which something was told that has not ended
        self._changed: dict[_Key, _Process] = {}
        self._floor_ns = 0  # nobody was silent before this server listened
        self._next_ns = self._next_sweep_ns = 0

    def resume(self, now_ns: int) -> None:
        """Expect every process of which something is stored open; its silence counts from now on."""
        self._floor_ns = now_ns
        for row in self._engine.rows("processes_with_open_rows"):
            self._open[row["workspace"], row["process"]] = self._expect(row, now_ns)
        for row in self._engine.rows("processes_that_vanished", {"error_type": GONE}):
            self._expect(row, now_ns).has_vanished = True

    def _expect(self, row: Mapping[str, Any], now_ns: int) -> _Process:
        told_ns = row["last_heard_ns"]
        known = _Process(now_ns, told_ns, has_beaten=told_ns is not None)
        return self._processes.setdefault((row["workspace"], row["process"]), known)

    def hear(
        self, workspace: str, name: str, *, told_ns: int, heard_ns: int, number: int, has_open: bool = False
    ) -> None:
        """Note that something of a process arrived.

        Args:
            workspace: whose it is.
            name: the process.
            told_ns: a time that it told, by its own clock.
            heard_ns: when that arrived.
            number: of the request that it came with.
            has_open: it told of something that has not ended.
        """
        process = self._processes.get((workspace, name))
        if process is None:
            process = self._processes[workspace, name] = _Process(max(heard_ns, self._floor_ns))
        elif heard_ns > process.heard_ns:
            process.heard_ns = heard_ns
        told_ns = min(told_ns, heard_ns)
        if process.told_ns is None or process.told_ns < told_ns:
            process.told_ns = told_ns
        if has_open:
            self._open[workspace, name] = process
        if process.has_vanished:
            self._reopen(workspace, name, process, number)

    def beat(self, beat: Beat, *, heard_ns: int, number: int) -> None:
        """Note what a process said about itself."""
        seen = beat.seen
        self.hear(seen.workspace, seen.process, told_ns=seen.last_heard_ns, heard_ns=heard_ns, number=number)
        process = self._processes[seen.workspace, seen.process]
        process.has_beaten = process.has_beaten or beat.is_heartbeat
        process.has_ended = process.has_ended or beat.is_last
        process.lost += beat.lost
        if seen.open_count:
            self._open[seen.workspace, seen.process] = process
        elif seen.open_count == 0 and not seen.dropped and not process.lost:
            self._open.pop((seen.workspace, seen.process), None)  # every end that it had to tell was told
        known = process.seen
        if not beat.is_heartbeat and known is not None:
            seen = known
        dropped = max(seen.dropped or 0, process.lost) if seen.dropped is not None or process.lost else None
        version = 1 if known is None else known.row_version + 1
        process.seen = replace(seen, dropped=dropped, row_version=version)
        if beat.is_last:
            process.stored_ns = None
        self._changed[seen.workspace, seen.process] = process

    def set_back(self, now_ns: int) -> None:
        """The clock was set back to this time: silence counts from now on."""
        self._floor_ns = min(self._floor_ns, now_ns)
        self._next_ns = self._next_sweep_ns = now_ns
        for process in self._processes.values():
            process.heard_ns = min(process.heard_ns, now_ns)
            if process.stored_ns is not None:
                process.stored_ns = min(process.stored_ns, now_ns)

    def is_due(self, now_ns: int) -> bool:
        """Whether it is time to `judge` again."""
        return now_ns >= self._next_ns

    def judge(self, now_ns: int, *, number: int) -> None:
        """Close what silent processes left open.

        Args:
            now_ns: the time up to which everything that arrived was heard.
            number: of the last request that was read.
        """
        self._next_ns = now_ns + min(self._crashed_after_ns, self._ended_after_ns) // _LOOKS
        for key, process in list(self._open.items()):
            if now_ns - process.heard_ns >= self._patience(process):
                self._close(key, process, number=number, now_ns=now_ns)
        if now_ns >= self._next_sweep_ns:
            self._next_sweep_ns = now_ns + _SWEEP_NS
            self._forget_old(now_ns)

    def take(self, now_ns: int) -> list[ProcessSeen]:
        """The rows to store since the last call."""
        rows: list[ProcessSeen] = []
        for key, process in list(self._changed.items()):
            if process.stored_ns is not None and now_ns - process.stored_ns < STORE_EVERY_NS:
                continue
            del self._changed[key]
            process.stored_ns = now_ns
            if process.seen is not None:
                told_ns = max(process.told_ns or 0, process.seen.last_heard_ns)
                rows.append(replace(process.seen, last_heard_ns=told_ns))
        return rows

    def _forget_old(self, now_ns: int) -> None:
        for key, process in list(self._processes.items()):
            if now_ns - process.heard_ns > _KEPT_NS and not process.has_vanished and key not in self._open:
                del self._processes[key]

    def _patience(self, process: _Process) -> int:
        if process.has_ended:
            return self._ended_after_ns
        return self._crashed_after_ns if process.has_beaten else self._crashed_after_ns * WITHOUT_HEARTBEAT

    def _close(self, key: _Key, process: _Process, *, number: int, now_ns: int) -> None:
        workspace, name = key
        asked = {"workspace": workspace, "process": name, "limit": _AT_ONCE}
        found = self._bring_back(workspace, "open_traces_of_process", asked, now_ns)
        if found is None:
            return
        closed = self._book.close_process(
            workspace, name, at_ns=process.told_ns, said_goodbye=process.has_ended, number=number, now_ns=now_ns
        )
        process.has_vanished = process.has_vanished or closed > 0
        if found < _AT_ONCE:  # else the rest is asked for again, when these are stored
            del self._open[key]
        self._changed[key], process.stored_ns = process, None
        self.crashed += closed
        if closed:
            _log.info("nothing is heard of process %s any more; %d open steps are called crashed", name, closed)

    def _reopen(self, workspace: str, name: str, process: _Process, number: int) -> None:
        asked = {"workspace": workspace, "process": name, "error_type": GONE, "limit": _AT_ONCE}
        if self._bring_back(workspace, "crashed_traces_of_process", asked, process.heard_ns) is None:
            return
        self._book.reopen_process(workspace, name, number=number, now_ns=process.heard_ns)
        process.has_vanished = process.has_ended = False
        self._open[workspace, name] = process

    def _bring_back(self, workspace: str, query: str, asked: Mapping[str, object], now_ns: int) -> int | None:
        """Load into the book the stored traces that the query names; how many it named, `None` if the store failed."""
        try:
            with self._outage.attempt():
                named: Sequence[str] = [row["trace_id"] for row in self._engine.rows(query, asked)]
                missing = [trace_id for trace_id in named if not self._book.has(workspace, trace_id)]
                found = find_known_traces(self._engine, workspace, missing, limit=_JOINED) if missing else []
            for known in found:
                self._book.restore(workspace, known, now_ns=now_ns)
        except Exception:  # tried again at the next look
            _log.exception("the open steps of a silent process could not be read")
            return None
        return len(named)
