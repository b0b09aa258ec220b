"""A segment file of the spool: how one record is laid out, written, read, checked, and found again behind damage."""

import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from struct import Struct as Layout
from typing import BinaryIO
from zlib import crc32

from msgspec import Struct

from longpole.model.errors import StoreTooNew


class Signal(StrEnum):
    """What a body carries. Metrics are counted and not kept."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"


class BodyFormat(StrEnum):
    """How a body is written."""

    PROTOBUF = "protobuf"
    JSON = "json"


class Record(Struct, frozen=True, gc=False):
    """One record as it was read; `size` is its length in the file, in bytes. If not whole, its checksum is wrong."""

    size: int
    signal: Signal
    body_format: BodyFormat
    workspace: str | None
    received_ns: int
    body: bytes
    is_whole: bool = True


class Flaw(StrEnum):
    """Why there is no record at a place: the file ends before it or inside it, or what stands there is none."""

    END = "end"
    TORN = "torn"
    WRONG = "wrong"


class Extent(Struct, frozen=True):
    """The bytes of a segment up to the end of its last record, and how many of them are damaged."""

    length: int
    damaged: int


_SIGNALS = tuple(Signal)
_FORMATS = tuple(BodyFormat)
# The mark ends with the version of the layout. Then: body length, time of receipt, signal, format, length of the
# workspace + 1 (0 means none), CRC-32 of workspace and body, CRC-32 of all of that. The workspace in UTF-8 and the body
# follow. The last checksum begins with the record's place, so that a body that holds a copy of a spool is never read as
# one; it is apart from the other, so that behind a damaged body the next record is where the header says.
_MARK = b"\xf1LP\x02"
_FIELDS = Layout("<4sIqBBHI")
_CHECK = Layout("<I")
_PLACE = Layout("<QQ")
HEADER_BYTES = _FIELDS.size + _CHECK.size
# A corrupt length must not make the reader ask for memory: no body is ever longer than this.
_LONGEST_BODY = 1 << 30
_WRITE_BYTES = 1024 * 1024
_SCAN_BYTES = 1024 * 1024
_SUFFIX = ".segment"


def segment_path(folder: Path, number: int) -> Path:
    """The file of a segment. Names sort as numbers do."""
    return folder / f"{number:012d}{_SUFFIX}"


def segment_number(path: Path) -> int | None:
    """The number of a segment file, or `None` for any other file."""
    return int(path.stem) if path.suffix == _SUFFIX and path.stem.isdecimal() else None


def encode_header(
    place: tuple[int, int],
    signal: Signal,
    body_format: BodyFormat,
    workspace: str | None,
    received_ns: int,
    body: bytes,
) -> bytes:
    """What is written before `body`; `place` is the segment's number and the record's offset in it."""
    name = b"" if workspace is None else workspace.encode()
    name_length = 0 if workspace is None else len(name) + 1
    check = crc32(body, crc32(name))
    fields = _FIELDS.pack(
        _MARK, len(body), received_ns, _SIGNALS.index(signal), _FORMATS.index(body_format), name_length, check
    )
    return fields + _CHECK.pack(_check_of(place, fields)) + name


def read_record(file: BinaryIO, place: tuple[int, int], *, verify: bool = False) -> Record | Flaw:
    """The record at `place`, where the file stands; only with `verify` its body is compared with its checksum."""
    head = file.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES:
        return Flaw.TORN if head else Flaw.END
    fields, (check,) = head[: _FIELDS.size], _CHECK.unpack(head[_FIELDS.size :])
    if check != _check_of(place, fields):
        return Flaw.WRONG
    mark, length, received_ns, signal, body_format, name_length, body_check = _FIELDS.unpack(fields)
    if mark != _MARK or length > _LONGEST_BODY or signal >= len(_SIGNALS) or body_format >= len(_FORMATS):
        return Flaw.WRONG
    name = file.read(max(name_length - 1, 0))
    body = file.read(length)
    if len(body) < length:
        return Flaw.TORN
    is_whole = not verify or crc32(body, crc32(name)) == body_check
    workspace = name.decode(errors="replace") if name_length else None
    size = HEADER_BYTES + len(name) + length
    return Record(size, _SIGNALS[signal], _FORMATS[body_format], workspace, received_ns, body, is_whole)


def find_record(file: BinaryIO, segment: int, start: int, end: int) -> int:
    """The offset of the first whole record from `start` on, or `end`. Reads about 1 GB a second."""
    offset = start
    while offset < end:
        file.seek(offset)
        chunk = file.read(min(_SCAN_BYTES, end - offset))
        at = chunk.find(_MARK)
        while at >= 0:
            file.seek(offset + at)
            found = read_record(file, (segment, offset + at), verify=True)
            if isinstance(found, Record) and found.is_whole and offset + at + found.size <= end:
                return offset + at
            at = chunk.find(_MARK, at + 1)
        if len(chunk) < len(_MARK):
            return end
        offset += len(chunk) - len(_MARK) + 1  # a mark may lie across two chunks
    return end


def check_segment(path: Path, segment: int, start: int) -> Extent:
    """How far the records of a segment reach, counted from `start`, which is trusted.

    What follows the last record belongs to nobody if it is the beginning of one, or zeros that a file system left
    behind: it was never acknowledged. Anything else is damage.

    Raises:
        StoreTooNew: the segment begins with the mark of a later layout, and no record of this one is in it.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        offset = min(start, size)
        damaged = 0
        while True:
            file.seek(offset)
            found = read_record(file, (segment, offset), verify=True)
            if isinstance(found, Record):
                offset += found.size
                damaged += 0 if found.is_whole else found.size
            elif found is Flaw.WRONG:
                after = find_record(file, segment, offset + 1, size)
                if after == size:
                    _refuse_newer(file, segment)
                    if _is_zero(file, offset):
                        return Extent(offset, damaged)
                damaged += after - offset
                offset = after
            else:
                return Extent(offset, damaged)


def write_all(file: int, pieces: Iterable[bytes]) -> None:
    """Write pieces to a file descriptor, joined to few system calls and never short."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _WRITE_BYTES:
            _write(file, b"".join(waiting))
            waiting, size = [], 0
    if waiting:
        _write(file, b"".join(waiting))


def _write(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]


def _check_of(place: tuple[int, int], fields: bytes) -> int:
    return crc32(fields, crc32(_PLACE.pack(*place)))


def _is_zero(file: BinaryIO, offset: int) -> bool:
    file.seek(offset)
    while chunk := file.read(_SCAN_BYTES):
        if chunk.strip(b"\0"):
            return False
    return True


def _refuse_newer(file: BinaryIO, segment: int) -> None:
    file.seek(0)
    mark = file.read(len(_MARK))
    if mark[:-1] == _MARK[:-1] and mark[-1] > _MARK[-1]:
        raise StoreTooNew(
            f"Segment {segment} of the spool has layout {mark[-1]}. This Longpole knows layouts up to {_MARK[-1]}. "
            "Use the Longpole that wrote it or a newer one, or another data folder."
        )
