"""The OTLP/HTTP door: takes traces, logs and metrics, and answers only when what it took is durable.

Every request is read, decompressed, parsed and checked before anything is acknowledged, so that the sender of a broken
body is told at once. Errors are problem details for every sender: exporters act on the status alone, and people read
JSON; only successes are in the request's own format, as OTLP asks.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec
from msgspec import Struct
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from longpole.ingest.decode import check_body
from longpole.ingest.limits import Checked, explain
from longpole.ingest.spool import BodyFormat, Incoming, Signal, Spool
from longpole.model.clock import now_ns
from longpole.model.errors import BodyTooLarge, InvalidInput, SpoolFull, SpoolUnwritable, UnsupportedMedia
from longpole.server.access import access_of
from longpole.server.asgi import Header, Message, Receive, Scope, Send, header_of, send_answer
from longpole.server.encodings import body_format_of, decompress, encoding_of, too_large
from longpole.server.problems import MEDIA_TYPE, problem_body

PATHS = {prefix + signal: signal for prefix in ("/v1/", "/api/public/otel/v1/") for signal in Signal}
"""What is posted where. Langfuse's clients post below `/api/public/otel`."""

# Decompressed and parsed in a thread from here on, in pieces, because the parsers hold the interpreter lock
# (docs/decisions/0022 and 0024).
THREAD_FROM_BYTES = 512 * 1024
# So many big bodies are read from their connections at the same moment: the loop takes the interpreter anew for each
# connection that has something, and waits each time for what another thread does. Of fifty it stood for 57 to 67 ms.
BIG_BODIES_AT_ONCE = 4
# A connection that has nothing for so long does not keep the others from having their turn.
TURN_S = 0.02
RETRY_AFTER_S = 2

_CONTENT_TYPES = {BodyFormat.PROTOBUF: "application/x-protobuf", BodyFormat.JSON: "application/json"}
_RETRY: Header = (b"retry-after", str(RETRY_AFTER_S).encode())
_STATUS_OF = (
    (BodyTooLarge, 413),
    (UnsupportedMedia, 415),
    (InvalidInput, 400),
    (SpoolUnwritable, 503),
    (SpoolFull, 429),
)


class DoorCounters(Struct):
    """What the door has seen since it was made. `refused` counts requests by status, `rejected` spans by rule."""

    requests: int = 0
    bodies: int = 0
    spans: int = 0
    logs: int = 0
    data_points: int = 0
    rejected: Counter[str] = msgspec.field(default_factory=Counter[str])
    refused: Counter[str] = msgspec.field(default_factory=Counter[str])


class DoorLimits(Struct, frozen=True, kw_only=True):
    """How much the door takes at a time.

    `body_bytes` bound one body, before and after decompression. Beyond `in_flight_bytes` of all bodies that are being
    received and checked, and beyond `backlog_bytes` that wait for the pipeline, senders get 429.
    """

    body_bytes: int = 16 * 1024 * 1024
    in_flight_bytes: int = 128 * 1024 * 1024
    backlog_bytes: int = 256 * 1024 * 1024


DEFAULT_LIMITS = DoorLimits()


class OtlpDoor:
    """An ASGI application for the paths in `PATHS`."""

    def __init__(self, spool: Spool, unread_bytes: Callable[[], int], limits: DoorLimits = DEFAULT_LIMITS) -> None:
        """A door to `spool`.

        Args:
            spool: takes the bodies.
            unread_bytes: how many bytes of the spool the pipeline has not read yet.
            limits: how much it takes at a time.
        """
        self.counters = DoorCounters()
        self._spool = spool
        self._unread_bytes = unread_bytes
        self._limits = limits
        self._in_flight = 0
        # One big body at a time off the loop: two would only take turns, with twice the memory.
        self._big_body = asyncio.Semaphore(1)
        self._turns = asyncio.Semaphore(BIG_BODIES_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        self.counters.requests += 1
        signal = PATHS[scope["path"]]
        try:
            if scope["method"] != "POST":
                raise _RefusedError(
                    405,
                    f"{scope['method']} is not possible at {scope['path']}. Expected POST. Send OTLP with POST.",
                    (b"allow", b"POST"),
                )
            body_format = body_format_of(header_of(scope, b"content-type"))
            checked = await self._take(scope, receive, signal, body_format)
        except _DisconnectedError:
            self.counters.refused["disconnected"] += 1
        except _RefusedError as error:
            await self._refuse(send, error.status, str(error), *error.headers)
        except (InvalidInput, SpoolFull) as error:
            status = next(status for kind, status in _STATUS_OF if isinstance(error, kind))
            await self._refuse(send, status, str(error), *([_RETRY] if status in (429, 503) else []))
        else:
            await send_answer(send, 200, _success(signal, body_format, checked), _CONTENT_TYPES[body_format])

    async def _refuse(self, send: Send, status: int, detail: str, *headers: Header) -> None:
        self.counters.refused[str(status)] += 1
        if status == 415:
            headers = (*headers, (b"accept-encoding", b"gzip, deflate"))
        await send_answer(send, status, problem_body(status, detail), MEDIA_TYPE, headers)

    async def _take(self, scope: Scope, receive: Receive, signal: Signal, body_format: BodyFormat) -> Checked:
        encoding = encoding_of(header_of(scope, b"content-encoding"))
        announced = header_of(scope, b"content-length")
        if announced.isdecimal() and int(announced) > self._limits.body_bytes:
            raise too_large(self._limits.body_bytes, "as sent")
        self._check_backlog()
        held = _Held(self)
        try:
            content = await self._receive(receive, held, int(announced) if announced.isdecimal() else 0)
            body, checked = await self._examine(content, encoding, body_format, signal, held)
            del content
            if signal is not Signal.METRICS and checked.total > len(checked.rejected):
                incoming = Incoming(signal, body_format, access_of(scope).workspace, now_ns(), body)
                await asyncio.wrap_future(self._spool.append(incoming))
        finally:
            held.release()
        self._count(signal, checked)
        return checked

    def _check_backlog(self) -> None:
        unread = self._unread_bytes()
        if unread > self._limits.backlog_bytes:
            raise _RefusedError(
                429,
                f"{unread} bytes wait to be stored. Expected at most {self._limits.backlog_bytes}. "
                f"Send the same again in {RETRY_AFTER_S} seconds.",
                _RETRY,
            )

    async def _receive(self, receive: Receive, held: "_Held", announced: int) -> bytes:
        """The body as sent, whether with a length or in chunks."""
        pieces: list[bytes] = []
        size = 0
        is_more = True
        while is_more:
            is_big = max(announced, size) > THREAD_FROM_BYTES
            message = await (self._in_turn(receive) if is_big else receive())
            if message["type"] == "http.disconnect":
                raise _DisconnectedError
            piece = message.get("body", b"")
            is_more = message.get("more_body", False)
            size += len(piece)
            if size > self._limits.body_bytes:
                raise too_large(self._limits.body_bytes, "as sent")
            held.add(len(piece))
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def _in_turn(self, receive: Receive) -> Message:
        """What comes of a big body next; it is not read while as many others are as may be at once."""
        async with self._turns:
            coming = asyncio.ensure_future(receive())
            try:
                await asyncio.wait({coming}, timeout=TURN_S)
            except asyncio.CancelledError:
                coming.cancel()
                raise
        return await coming

    async def _examine(
        self, content: bytes, encoding: str, body_format: BodyFormat, signal: Signal, held: "_Held"
    ) -> tuple[bytes, Checked]:
        """The body decompressed, and what is in it; a big one in a thread."""
        try:
            small_limit = min(THREAD_FROM_BYTES, self._limits.body_bytes)
            body = decompress(content, encoding, small_limit) if len(content) <= small_limit else None
        except BodyTooLarge:
            body = None
        if body is not None:
            return body, _check(body, body_format, signal)
        async with self._big_body:
            body = await asyncio.to_thread(decompress, content, encoding, self._limits.body_bytes)
            held.add(len(body) - len(content))
            return body, await asyncio.to_thread(_check, body, body_format, signal)

    def hold(self, size: int) -> None:
        """Count bytes as being in flight; 429 if there are too many."""
        if self._in_flight + size > self._limits.in_flight_bytes and self._in_flight:
            raise _RefusedError(
                429,
                f"{self._in_flight} bytes of other bodies are being taken in. Expected at most "
                f"{self._limits.in_flight_bytes} at a time. Send the same again in {RETRY_AFTER_S} seconds.",
                _RETRY,
            )
        self._in_flight += size

    def release(self, size: int) -> None:
        """The counterpart of `hold`."""
        self._in_flight -= size

    def _count(self, signal: Signal, checked: Checked) -> None:
        counters = self.counters
        counters.bodies += 1
        taken = checked.total - len(checked.rejected)
        if signal is Signal.TRACES:
            counters.spans += taken
        elif signal is Signal.LOGS:
            counters.logs += taken
        else:
            counters.data_points += taken
        counters.rejected.update(item.rule for item in checked.rejected)


class _Held:
    """The bytes that one request holds of the door's budget."""

    def __init__(self, door: OtlpDoor) -> None:
        self._door = door
        self._size = 0

    def add(self, size: int) -> None:
        self._door.hold(size)
        self._size += size

    def release(self) -> None:
        self._door.release(self._size)
        self._size = 0


class _DisconnectedError(Exception):
    """The sender is gone; nobody waits for an answer."""


class _RefusedError(Exception):
    """A refusal that is no error of the body: a status, a sentence, headers."""

    def __init__(self, status: int, detail: str, *headers: Header) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers


def _check(body: bytes, body_format: BodyFormat, signal: Signal) -> Checked:
    """An empty body is a request with nothing in it, in JSON too."""
    return check_body(body, body_format, signal) if body.strip() else Checked(0, [], [])


def _success(signal: Signal, body_format: BodyFormat, checked: Checked) -> bytes:
    """The answer to a body that was taken, wholly or in part (OTLP specification, "Partial Success")."""
    rejected, message = len(checked.rejected), explain(checked)
    if body_format is BodyFormat.JSON:
        if not message:
            return b"{}"
        name = {Signal.TRACES: "rejectedSpans", Signal.LOGS: "rejectedLogRecords"}.get(signal, "rejectedDataPoints")
        return msgspec.json.encode({"partialSuccess": {name: str(rejected), "errorMessage": message}})
    if not message:
        return b""
    if signal is Signal.TRACES:
        partial = ExportTracePartialSuccess(rejected_spans=rejected, error_message=message)
        return ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    if signal is Signal.LOGS:
        part = ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=message)
        return ExportLogsServiceResponse(partial_success=part).SerializeToString()
    return ExportMetricsServiceResponse().SerializeToString()
