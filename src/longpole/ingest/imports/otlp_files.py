"""OTLP in JSON: one request in a file, or one on each line as the collector's file exporter writes."""

from collections.abc import Iterator

import msgspec
from msgspec import Raw, Struct

from longpole.ingest.imports.parts import NOTHING, Counting, Found, Part, Signal, Unread, is_told
from longpole.ingest.otlp_json_pieces import pieces
from longpole.model.errors import InvalidInput

SIGNS = (b'"resourceSpans"', b'"resourceLogs"', b'"resourceMetrics"', b'"resource_spans"', b'"resource_logs"')
"""By which a file of this kind is known."""


class _Kinds(Struct, rename="camel"):
    resource_spans: Raw = NOTHING
    resource_logs: Raw = NOTHING
    resource_metrics: Raw = NOTHING


class _SnakeKinds(Struct):
    resource_spans: Raw = NOTHING
    resource_logs: Raw = NOTHING
    resource_metrics: Raw = NOTHING


class _Scope(Struct, rename="camel"):
    spans: list[Raw] | None = None


class _Group(Struct, rename="camel"):
    scope_spans: list[_Scope] | None = None


class _Request(Struct, rename="camel"):
    resource_spans: list[_Group] | None = None


_COUNT = msgspec.json.Decoder(_Request)


def read_otlp(file: Counting) -> Iterator[Found]:
    """The requests of a file. A line that is none is told, and the next one is read."""
    found = 0
    first: Unread | None = None
    for number, line in file.lines():
        if isinstance(line, Unread):
            yield line
            continue
        read = list(_requests(line, f"line {number}"))
        if number == 1 and len(read) == 1 and isinstance(read[0], Unread):
            first = read[0]  # of a document that has several lines
            break
        found += sum(isinstance(one, Part) for one in read)
        yield from read
    if first is None:
        return
    file.head(0)  # from the beginning again
    yield from _document(file, first)


def _document(file: Counting, first: Unread) -> Iterator[Found]:
    """A document of several lines; where it is not one, every line by itself."""
    try:
        content = file.whole()
    except InvalidInput as error:
        yield Unread("the file", str(error))
        return
    read = list(_requests(content, "the file"))
    if not (len(read) == 1 and isinstance(read[0], Unread)):
        yield from read
        return
    lines = content.splitlines()
    others = [
        one for number, line in enumerate(lines[1:], 2) if line.strip() for one in _requests(line, f"line {number}")
    ]
    if any(isinstance(one, Part) for one in others):
        yield first
        yield from others
    else:
        yield read[0]


def _requests(content: bytes, place: str) -> Iterator[Found]:
    try:
        signals = _signals(content)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        yield Unread(place, f"It is no OTLP request in JSON: {error}.")
        return
    except RecursionError:
        yield Unread(place, "It is nested too deeply.")
        return
    if not signals:
        yield Unread(place, "It holds neither spans, nor log records, nor metrics.")
    for signal, body in signals:
        for piece in pieces(body):
            yield Part(signal, piece, place, _count(piece) if signal == "traces" else 0)


def _signals(content: bytes) -> list[tuple[Signal, bytes]]:
    """The signals that a request holds: mostly one, which then goes on as it is."""
    for shape in (_Kinds, _SnakeKinds):
        read = msgspec.json.decode(content, type=shape)
        held: list[tuple[Signal, bytes]] = []
        if is_told(read.resource_spans):
            held.append(("traces", b'{"resourceSpans":%b}' % bytes(read.resource_spans)))
        if is_told(read.resource_logs):
            held.append(("logs", b'{"resourceLogs":%b}' % bytes(read.resource_logs)))
        if is_told(read.resource_metrics):
            held.append(("metrics", b'{"resourceMetrics":%b}' % bytes(read.resource_metrics)))
        if held:
            # With names in snake case the request goes on whole: whoever reads it knows them, too.
            return [(held[0][0], content)] if len(held) == 1 else held
    return []


def _count(piece: bytes) -> int:
    try:
        request = _COUNT.decode(piece)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return 0
    return sum(len(scope.spans or ()) for group in request.resource_spans or () for scope in group.scope_spans or ())
