"""A big OTLP request in protobuf as several small ones, so that neither memory nor the interpreter is held for long.

upb parses a whole message at a time and lets no other thread run meanwhile: a body of 16 MB holds the event loop 74 ms.
And an empty span is two bytes on the wire but 170 in memory, so that 73 kB of gzip would take 1.4 GB. Here a request is
cut between its spans (log records, metrics), which costs 1.6 us each, and is refused when there are too many.

Traces, logs and metrics are built alike: groups (field 1) of scopes (field 2) of items (field 2), each with a head
(resource, scope, schema) that goes with every piece.
"""

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor

from longpole.ingest.limits import too_many
from longpole.model.errors import InvalidInput

PIECE_BYTES = 512 * 1024
MAX_ITEMS = 100_000
"""Spans, log records or metrics of one body; with 16 MB these are 160 bytes each, where a real span is 300 and more."""

MAX_FIELDS = 400_000
"""Fields of one item that is longer than a piece, with everything inside of it."""

_GROUPS, _CHILDREN = 1, 2
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10

Place = tuple[int, int]
"""From where to where in the body."""

Field = tuple[int, int, int, int, int]
"""Number, wire type, start of the whole, start of the content, end."""


def pieces(body: bytes, item: Descriptor) -> Iterator[bytes]:
    """The body as requests of about `PIECE_BYTES`, one item longer than that alone; a small body as it is.

    Args:
        body: a request.
        item: what its items are, such as `Span.DESCRIPTOR`.

    Raises:
        InvalidInput: the body is no protobuf message.
        BodyTooLarge: there is too much in it.
    """
    if len(body) <= PIECE_BYTES:
        yield body
        return
    left = MAX_ITEMS
    head, groups = _parts(body, (0, len(body)), _GROUPS, left)
    if head:
        yield head
    for group in groups:
        head, scopes = _parts(body, group, _CHILDREN, left)
        for scope in scopes:
            scope_head, items = _parts(body, scope, _CHILDREN, left)
            left -= len(items)
            yield from _pieces_of_scope(body, head, scope_head, items, item)
        left -= len(scopes) + 1


def _pieces_of_scope(
    body: bytes, head: bytes, scope_head: bytes, items: list[Place], item: Descriptor
) -> Iterator[bytes]:
    enough = max(PIECE_BYTES, len(head) + len(scope_head))  # else a long head would be read again and again
    waiting: list[bytes] = []
    size = 0
    for start, end in items:
        if end - start > PIECE_BYTES:
            _check_fields(body, (start, end), item)
        waiting.append(_tagged(_CHILDREN, body[start:end]))
        size += len(waiting[-1])
        if size >= enough:
            yield _request(head, scope_head, waiting)
            waiting, size = [], 0
    if waiting:
        yield _request(head, scope_head, waiting)


def _request(head: bytes, scope_head: bytes, items: list[bytes]) -> bytes:
    return _tagged(_GROUPS, head + _tagged(_CHILDREN, scope_head + b"".join(items)))


def _tagged(number: int, content: bytes) -> bytes:
    size, length = len(content), bytearray()
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    length.append(size)
    return bytes((number << 3 | _BYTES,)) + length + content


def _parts(body: bytes, place: Place, child: int, most: int) -> tuple[bytes, list[Place]]:
    """All other fields of a message as they stand there, and where its children are; refused if they are too many."""
    others: list[bytes] = []
    children: list[Place] = []
    for number, kind, start, content, end in _fields(body, *place):
        if number != child or kind != _BYTES:
            others.append(body[start:end])
        else:
            children.append((content, end))
        if len(children) + len(others) > most:
            raise too_many(MAX_ITEMS, "spans, log records or metrics")
    return b"".join(others), children


def _check_fields(body: bytes, place: Place, kind: Descriptor) -> None:
    """Count the fields of a long item with everything inside of it."""
    left = MAX_FIELDS
    waiting = [(place, kind)]
    while waiting:
        inside, descriptor = waiting.pop()
        for number, wire_type, _, content, end in _fields(body, *inside):
            left -= 1
            if left < 0:
                raise too_many(MAX_FIELDS, "fields of one span or record")
            field = descriptor.fields_by_number.get(number)
            if field is not None and field.message_type is not None and wire_type == _BYTES:
                waiting.append(((content, end), field.message_type))


def _fields(body: bytes, start: int, end: int) -> Iterator[Field]:
    at = start
    try:
        while at < end:
            tag, content = body[at], at + 1
            if tag > 0x7F:
                tag, content = _varint(body, at)
            kind = tag & 7
            if kind == _BYTES:
                length, content = body[content], content + 1
                if length > 0x7F:
                    length, content = _varint(body, content - 1)
                after = content + length
            elif kind == _VARINT:
                after = _varint(body, content)[1]
            elif kind in (_FIXED64, _FIXED32):
                after = content + (8 if kind == _FIXED64 else 4)
            else:
                raise _broken(body)
            if after > end or tag < 8:
                raise _broken(body)
            yield tag >> 3, kind, at, content, after
            at = after
    except IndexError:
        raise _broken(body) from None


def _varint(body: bytes, at: int) -> Place:
    """A number and where it ends; an `IndexError` at the end of the body."""
    value = shift = 0
    for place in range(at, at + _LONGEST_VARINT):
        byte = body[place]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place + 1
        shift += 7
    raise _broken(body)


def _broken(body: bytes) -> InvalidInput:
    return InvalidInput(
        f"the body of {len(body)} bytes is not a protobuf message; expected a whole OTLP message; "
        "check the sender's content type and encoding"
    )
