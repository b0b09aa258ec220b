"""A segment file of the spool: how one record is laid out, written, read and checked."""

import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from struct import Struct as Layout
from typing import BinaryIO
from zlib import crc32

from msgspec import Struct


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
    """One record as it was read; `size` is its length in the file, in bytes."""

    size: int
    signal: Signal
    body_format: BodyFormat
    workspace: str | None
    received_ns: int
    body: bytes


_SIGNALS = tuple(Signal)
_FORMATS = tuple(BodyFormat)
# Body length, then the CRC-32 of everything behind itself and of the length, then the fields; the workspace follows
# in UTF-8 (its length + 1; 0 means none), then the body.
_LENGTH = Layout("<I")
_CHECK = Layout("<I")
_FIELDS = Layout("<qBBH")
_HEAD = Layout("<IIqBBH")
HEADER_BYTES = _HEAD.size
# A corrupt length must not make the reader ask for memory: no body is ever longer than this.
_LONGEST_BODY = 1 << 30
_WRITE_BYTES = 1024 * 1024
_SUFFIX = ".segment"


def segment_path(folder: Path, number: int) -> Path:
    """The file of a segment. Names sort as numbers do."""
    return folder / f"{number:012d}{_SUFFIX}"


def segment_number(path: Path) -> int | None:
    """The number of a segment file, or `None` for any other file."""
    return int(path.stem) if path.suffix == _SUFFIX and path.stem.isdecimal() else None


def encode_header(
    signal: Signal, body_format: BodyFormat, workspace: str | None, received_ns: int, body: bytes
) -> bytes:
    """What is written before `body`."""
    name = b"" if workspace is None else workspace.encode()
    name_length = 0 if workspace is None else len(name) + 1
    length = _LENGTH.pack(len(body))
    fields = _FIELDS.pack(received_ns, _SIGNALS.index(signal), _FORMATS.index(body_format), name_length) + name
    return length + _CHECK.pack(crc32(body, crc32(fields, crc32(length)))) + fields


def read_record(file: BinaryIO, *, verify: bool = False) -> Record | None:
    """The next record, or `None` at the end of the file, before a torn record and, with `verify`, before a bad one."""
    head = file.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES:
        return None
    length, check, received_ns, signal, body_format, name_length = _HEAD.unpack(head)
    if length > _LONGEST_BODY or signal >= len(_SIGNALS) or body_format >= len(_FORMATS):
        return None
    name = file.read(max(name_length - 1, 0))
    body = file.read(length)
    if len(body) < length:
        return None
    if verify and crc32(body, crc32(head[8:] + name, crc32(head[:4]))) != check:
        return None
    workspace = name.decode() if name_length else None
    size = HEADER_BYTES + len(name) + length
    return Record(size, _SIGNALS[signal], _FORMATS[body_format], workspace, received_ns, body)


def verified_length(path: Path, start: int) -> int:
    """How many bytes of a segment are whole records with a right checksum, counted from `start`, which is trusted."""
    with path.open("rb") as file:
        offset = min(start, path.stat().st_size)
        file.seek(offset)
        while (record := read_record(file, verify=True)) is not None:
            offset += record.size
        return offset


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
