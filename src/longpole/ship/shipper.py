"""Delivers in the background: a queue in memory, one sending thread, and the spool for what takes longer than 80 ms.

What a server has not acknowledged soon is written to the spool while the request is still under way, and taken out
when the acknowledgement comes. So a killed process loses at most 200 ms, and a program may exit at any time.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from logging import getLogger
from sqlite3 import Error as SqliteError
from threading import Condition, Thread
from time import monotonic, thread_time_ns
from typing import Any, NamedTuple, TypeVar

import msgspec

from longpole.model.bell import Bell
from longpole.model.clock import now_ns
from longpole.ship.http import Answer, Connection
from longpole.ship.numbers import spell, split
from longpole.ship.spool import Spool, SpooledBody
from longpole.wire import longpole_names as names
from longpole.wire.otlp_encode import LogOut, SpanOut, encode_log, encode_span, logs_body, traces_body

TRACES, LOGS = "/v1/traces", "/v1/logs"
SAVE_AFTER_S = 0.08
MOST_ITEMS, MOST_BYTES = 512, 1_000_000
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 15.0
LOOK_AGAIN_S = 10.0
DRAIN_AT_ONCE = 16
LAST_WAIT_S = 0.1
# Not here: 400, 415 and 500. The OTLP specification forbids to repeat those; such a body would come back for ever.
TRY_LATER = frozenset({0, 401, 403, 404, 408, 429, 502, 503, 504})
_log = getLogger("longpole")
Item = TypeVar("Item", SpanOut, LogOut)


class _Place(NamedTuple):
    """Where a body goes: the path, and the workspace if it is another than the resource's."""

    path: str
    workspace: str | None = None


class _Chunk:
    """Encoded spans or logs that were handed over together, and the numbers that they have at their place."""

    __slots__ = ("items", "numbers", "place", "row", "since", "size")

    def __init__(self, place: _Place, items: list[bytes]) -> None:
        self.place = place
        self.items = items
        self.numbers = range(0)
        self.size = sum(map(len, items))
        self.since = monotonic()
        self.row: int | None = None  # in the spool


class _Partial(msgspec.Struct, rename="camel"):
    # int64 is a string in OTLP's JSON; some servers send a number all the same
    rejected_spans: int | str = 0
    rejected_log_records: int | str = 0
    error_message: str = ""


class _Response(msgspec.Struct, rename="camel"):
    partial_success: _Partial | None = None


class Shipper:
    """The sink of the flusher. All methods return at once, but for `flush` and `close`, which have a time limit.

    Args:
        resource: the OTLP resource of this process.
        version: of Longpole.
        find: gives the server's address, or `None` while there is none; called in the background.
        spool: where to keep what cannot be delivered; `None` keeps it in memory, up to `limit_bytes`.
        is_longpole: whether `find` finds Longpole servers only; otherwise the server's first answer tells.
        connect: makes a connection to an address, with a time limit in seconds.
        ask: called between deliveries, to ask the server something now and then.
    """

    def __init__(
        self,
        resource: Mapping[str, Any],
        version: str,
        find: Callable[[], str | None],
        spool: Spool | None,
        *,
        limit_bytes: int,
        timeout_s: float,
        is_longpole: bool = False,
        connect: Callable[[str, float], Connection] = Connection,
        ask: Callable[[Connection], None] | None = None,
    ) -> None:
        self._resource = resource
        self._version = version
        self._find = find
        self._connect_to = connect
        self._ask = ask
        self._spool = spool
        self._limit_bytes = limit_bytes
        self._timeout_s = timeout_s
        self._queue: deque[_Chunk] = deque()
        self._queue_bytes = 0
        self._in_flight: list[_Chunk] = []
        self._claimed: list[int] = []
        self._changed = Condition()
        self._wake = Bell()
        self._stop = Bell()
        self._connection: Connection | None = None
        self._is_longpole = is_longpole
        self._is_down = False
        self._may_have_spooled = spool is not None
        self._dropped = 0
        self._numbered: dict[_Place, int] = {}
        self._warned: set[str] = set()
        self._wait_s = FIRST_WAIT_S
        self._sent_bytes = self._cpu_ns = 0
        self._thread = Thread(target=self._run, name="longpole-shipper", daemon=True)

    def start(self) -> None:
        """Starts the sending thread."""
        self._thread.start()

    def accept(self, spans: list[SpanOut], logs: list[LogOut], dropped: int) -> None:
        """Takes what was recorded. While nobody answers it goes straight to the spool."""
        chunks = [*self._chunks(TRACES, spans, encode_span), *self._chunks(LOGS, logs, encode_log)]
        with self._changed:
            self._dropped += dropped
            self._number(chunks)
            self._queue.extend(chunks)
            self._queue_bytes += sum(chunk.size for chunk in chunks)
            if self._is_down:
                self._save(list(self._queue))
            self._drop_excess()
        self._wake.set()

    def _chunks(self, path: str, items: Sequence[Item], encode: Callable[[Item], bytes]) -> list[_Chunk]:
        """Those of each workspace by themselves: a body is of one."""
        groups: dict[str | None, list[Item]] = {}
        for item in items:
            own = None if item.workspace == self._resource.get(names.WORKSPACE) else item.workspace
            groups.setdefault(own, []).append(item)
        encoded = {_Place(path, workspace): self._encoded(group, encode) for workspace, group in groups.items()}
        return [_Chunk(place, done) for place, done in encoded.items() if done]

    def _encoded(self, items: Sequence[Item], encode: Callable[[Item], bytes]) -> list[bytes]:
        """Each by itself: one that cannot be sent must not cost the others."""
        done: list[bytes] = []
        for item in items:
            try:
                done.append(encode(item))
            except Exception as error:
                self._dropped += 1
                self._warn("encode", f"A step cannot be sent and is counted as dropped: {error!r}. Please report it.")
        return done

    def tick(self) -> bool:
        """Writes to the spool what has waited too long; whether anything is in memory only."""
        with self._changed:
            old = monotonic() - SAVE_AFTER_S
            late = [each for each in (*self._in_flight, *self._queue) if each.row is None and each.since <= old]
            self._save(late)
            return bool(self._queue) or any(chunk.row is None for chunk in self._in_flight)

    def wants_open(self) -> bool:
        """Whether all goes to a Longpole server, now or by the spool: others would keep a step without an end so."""
        return self._is_longpole and (self._spool is not None or not self._is_down)

    def is_heard(self) -> bool:
        """Whether a Longpole server is there now; a sign of life that comes later is none."""
        return self._is_longpole and self._connection is not None and not self._is_down

    def cost(self) -> tuple[int, int]:
        """Bytes sent so far, and nanoseconds of CPU of the sending thread."""
        return self._sent_bytes, self._cpu_ns

    def flush(self, timeout_s: float) -> bool:
        """Waits until all is delivered, or in the spool because nobody answers; `False` when the time was too short."""
        self._wake.set()
        with self._changed:
            return self._changed.wait_for(self._is_settled, timeout_s)

    def close(self, timeout_s: float) -> bool:
        """Delivers for half of the time, spools the rest, and stops."""
        is_done = self.flush(timeout_s / 2)
        with self._changed:
            self._save([*self._in_flight, *self._queue])
        if not is_done:
            is_done = self.flush(timeout_s / 2)
        self._stop.set()
        self._wake.set()
        with self._changed:
            is_safe = is_done or (not self._queue and all(chunk.row is not None for chunk in self._in_flight))
            self._give_back([chunk.row for chunk in self._in_flight if chunk.row is not None] + self._claimed)
        if self._thread.is_alive():
            self._thread.join(LAST_WAIT_S)  # idle it ends at once; in the middle of a request it is left behind
        return is_safe

    def _is_settled(self) -> bool:
        if self._queue or self._in_flight:
            return False
        return self._is_down or not self._may_have_spooled

    def before_fork(self) -> None:
        """To be followed by `after_fork`, in the parent."""
        if self._spool is not None:
            self._spool.hold()

    def after_fork(self) -> None:
        """The process goes on as it was."""
        if self._spool is not None:
            self._spool.let_go()

    # The sending thread

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._round()
            except Exception as error:  # never the end of the thread
                self._warn("shipper", f"Delivery met {type(error).__name__}: {error}. It goes on in a moment.")
                self._fall_back(None)
        if self._connection is not None:
            self._connection.close()
        if self._spool is not None:
            self._spool.close()

    def _round(self) -> None:
        if self._connection is None and not self._connect():
            self._fall_back(None)
            return
        if self._ask is not None and self._connection is not None:
            self._ask(self._connection)
        group = self._take_group()
        if group:
            self._send(group)
        elif self._dropped:
            self._tell_dropped()
        elif not (self._may_have_spooled and self._drain()):
            self._wake.wait(LOOK_AGAIN_S)
            self._wake.clear()
            # Other processes share the spool; one that was killed left something there.
            self._may_have_spooled = self._may_have_spooled or (self._spool is not None and not self._queue)

    def _connect(self) -> bool:
        url = self._find()
        if url is None:
            return False
        connection = self._connect_to(url, self._timeout_s)
        answer = connection.get("/healthz")
        if answer.status == 0:
            connection.close()
            self._warn("unreachable", f"No server answers at {url} ({answer.body.decode()}). " + self._what_happens())
            return False
        self._connection, self._is_longpole = connection, answer.is_longpole
        with self._changed:
            self._is_down = False
            self._may_have_spooled = self._spool is not None
        return True

    def _take_group(self) -> list[_Chunk]:
        with self._changed:
            size = count = 0
            while self._queue and self._queue[0].place == (self._in_flight or self._queue)[0].place:
                chunk = self._queue[0]
                if self._in_flight and (size + chunk.size > MOST_BYTES or count + len(chunk.items) > MOST_ITEMS):
                    break
                size, count = size + chunk.size, count + len(chunk.items)
                self._queue_bytes -= chunk.size
                self._in_flight.append(self._queue.popleft())
            return list(self._in_flight)

    def _send(self, group: list[_Chunk]) -> None:
        place = group[0].place
        items = [item for chunk in group for item in chunk.items]
        numbers = [chunk.numbers for chunk in group]
        answer = self._post(place.path, self._body(place, items, numbers))
        if answer.status in TRY_LATER:
            with self._changed:
                self._is_down = True
                self._save(group)
                unsaved = [chunk for chunk in group if chunk.row is None]
                self._queue.extendleft(reversed(unsaved))
                self._queue_bytes += sum(chunk.size for chunk in unsaved)
                self._give_back([chunk.row for chunk in group if chunk.row is not None])
                self._in_flight.clear()
            self._fall_back(answer)
            return
        if answer.status == 413:
            self._send_halves(place, items, numbers)
        elif not 200 <= answer.status < 300:
            self._refused(answer, len(items))
        self._done([chunk.row for chunk in group if chunk.row is not None])

    def _send_halves(self, place: _Place, items: Sequence[bytes], numbers: Sequence[range]) -> None:
        """Sends what was too large for the server in smaller bodies; one item that is too large alone is dropped."""
        if len(items) == 1:
            self._refused(Answer(status=413), 1)
            return
        half = len(items) // 2
        for part, told in zip((items[:half], items[half:]), split(numbers, half), strict=True):
            answer = self._post(place.path, self._body(place, part, told))
            if answer.status == 413:
                self._send_halves(place, part, told)
            elif not 200 <= answer.status < 300:
                self._refused(answer, len(part))

    def _drain(self) -> bool:
        """Sends some of what the spool holds; whether there was anything."""
        assert self._spool is not None
        rows = self._spool.claim(DRAIN_AT_ONCE, self._timeout_s + 5)
        with self._changed:
            self._claimed = [row.id for row in rows]
        for position, row in enumerate(rows):
            if not self._send_spooled(row):
                self._give_back([each.id for each in rows[position:]])
                return True
            if self._queue:  # what is new goes first
                self._give_back([each.id for each in rows[position + 1 :]])
                return True
        with self._changed:
            self._claimed = []
            self._may_have_spooled = bool(rows)
            self._changed.notify_all()
        return bool(rows)

    def _send_spooled(self, row: SpooledBody) -> bool:
        assert self._spool is not None
        answer = self._post(row.path, row.body)
        if answer.status in TRY_LATER or self._stop.is_set():
            self._fall_back(answer)
            return False
        if not 200 <= answer.status < 300:
            self._refused(answer, row.items)
        self._spool.remove([row.id])
        return True

    def _tell_dropped(self) -> None:
        count = self._dropped
        log = LogOut(time_ns=now_ns(), event_name=names.SDK_DROPPED, level="warn", attributes={"count": count})
        answer = self._post(LOGS, self._body(_Place(LOGS), [encode_log(log)]))
        if answer.status in TRY_LATER:
            self._fall_back(answer)
        else:
            self._dropped -= count

    def _post(self, path: str, body: bytes) -> Answer:
        if self._connection is None:
            return Answer(status=0)
        answer = self._connection.post(path, body)
        self._sent_bytes += len(body)
        self._cpu_ns = thread_time_ns()
        if 200 <= answer.status < 300:
            self._wait_s = FIRST_WAIT_S
            self._is_down = False
            self._is_longpole = self._is_longpole or answer.is_longpole
            self._note_partial(answer)
        return answer

    def _note_partial(self, answer: Answer) -> None:
        if b"partialSuccess" not in answer.body:
            return
        try:
            partial = msgspec.json.decode(answer.body, type=_Response).partial_success or _Partial()
            rejected = int(partial.rejected_spans) + int(partial.rejected_log_records)
        except (msgspec.MsgspecError, ValueError):
            return
        if rejected:
            self._warn("partial", f"The server did not take {rejected} steps: {partial.error_message}")

    def _refused(self, answer: Answer, count: int) -> None:
        self._dropped += count
        said = answer.body[:300].decode(errors="replace")
        self._warn(
            f"refused {answer.status}",
            f"The server refused {count} steps with status {answer.status}: {said}. They are dropped and counted. "
            f"Check that the endpoint is an OTLP/HTTP server that reads JSON.",
        )

    def _fall_back(self, answer: Answer | None) -> None:
        """Nobody takes it now: keep everything in the spool, wait, and look again."""
        if answer is not None and answer.status:
            said = ""
            if answer.status in (401, 403):
                said = f": {answer.body[:300].decode(errors='replace')}"
            self._warn(f"later {answer.status}", f"The server answers {answer.status}{said}. " + self._what_happens())
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        with self._changed:
            if not self._is_down:
                self._prepare_spool()
            self._is_down = True
            self._save(list(self._queue))
            self._changed.notify_all()
        asked = answer.retry_after_s if answer is not None else None
        wait = self._wait_s if asked is None else max(asked, 0.05)
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)
        self._stop.wait(wait)

    def _done(self, rows: list[int]) -> None:
        with self._changed:
            if rows and self._spool is not None:
                self._spool.remove(rows)
            self._in_flight.clear()
            self._changed.notify_all()

    # With the lock held

    def _number(self, chunks: Sequence[_Chunk]) -> None:
        for chunk in chunks:
            first = self._numbered.get(chunk.place, 0)
            self._numbered[chunk.place] = first + len(chunk.items)
            chunk.numbers = range(first, first + len(chunk.items))

    def _save(self, chunks: list[_Chunk]) -> None:
        """Writes chunks to the spool. Those of the queue leave memory; those in flight are claimed for their time."""
        chunks = [chunk for chunk in chunks if chunk.row is None]
        if self._spool is None or not chunks:
            return
        bodies = [
            (chunk.place.path, len(chunk.items), self._body(chunk.place, chunk.items, [chunk.numbers]))
            for chunk in chunks
        ]
        claimed_s = self._timeout_s + 5 if self._in_flight else 0.0
        try:
            rows, dropped = self._spool.add(bodies, claimed_s=claimed_s)
        except (SqliteError, OSError) as error:
            self._warn("spool", f"The spool cannot be written: {error}. What waits is kept in memory only. Free space.")
            return
        self._dropped += dropped
        for chunk, row in zip(chunks, rows, strict=True):
            chunk.row = row
        if claimed_s:
            flying = set(map(id, self._in_flight))
            self._give_back([row for chunk, row in zip(chunks, rows, strict=True) if id(chunk) not in flying])
        self._queue = deque(chunk for chunk in self._queue if chunk.row is None)
        self._queue_bytes = sum(chunk.size for chunk in self._queue)
        self._may_have_spooled = True

    def _prepare_spool(self) -> None:
        """Makes the file before it is needed: that alone may take a busy disk longer than a killed process has."""
        if self._spool is not None:
            try:
                self._spool.prepare()
            except (SqliteError, OSError):
                pass  # told when something is to be written

    def _drop_excess(self) -> None:
        while self._queue_bytes > self._limit_bytes and self._queue:
            oldest = self._queue.popleft()
            self._queue_bytes -= oldest.size
            self._dropped += len(oldest.items)
            self._warn("full", "More waits for delivery than `queue_limit_bytes`. The oldest is dropped and counted.")

    # Anywhere

    def _give_back(self, rows: list[int]) -> None:
        if self._spool is not None and rows:
            try:
                self._spool.give_back(rows)
            except (SqliteError, OSError):
                pass  # the claim runs out by itself

    def _body(self, place: _Place, items: Sequence[bytes], numbers: Sequence[range] = ()) -> bytes:
        around = traces_body if place.path == TRACES else logs_body
        own = {} if place.workspace is None else {names.WORKSPACE: place.workspace}
        return around({**self._resource, **own}, self._version, items, numbers=spell(numbers))

    def _what_happens(self) -> str:
        return "What is recorded is spooled and delivered later." if self._spool else "The newest is kept in memory."

    def _warn(self, key: str, message: str) -> None:
        if key not in self._warned:
            self._warned.add(key)
            _log.warning(message)
