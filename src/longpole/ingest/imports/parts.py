"""What a file gives when it is read: requests one after another, and what could not be read, with its place."""

import gzip
import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec
from msgspec import Raw, Struct

from longpole.model.errors import InvalidInput
from longpole.wire.otlp_encode import LogOut, SpanOut, encode_log, encode_span, logs_body, traces_body

LARGEST_DOCUMENT_BYTES = 512 * 1024 * 1024
"""A document that is not made of lines has to be in memory as a whole; longer ones are refused."""

LARGEST_LINE_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 1024 * 1024
"""Where a request ends and the next one begins."""

_BLOCK = 1024 * 1024
_GZIP = b"\x1f\x8b"

Signal = Literal["traces", "logs", "metrics"]


class Part(Struct, frozen=True):
    """An OTLP request in JSON. `place` says where in its file it stood, `spans` how many it holds."""

    signal: Signal
    body: bytes
    place: str
    spans: int


class Unread(Struct, frozen=True):
    """Something that was not taken, and why. `count` is how many spans that are, 1 where nobody knows."""

    place: str
    reason: str
    count: int = 1


Found = Part | Unread


class Group(Struct, frozen=True):
    """Spans and log records of one resource and scope, to be written."""

    resource: dict[str, Any]
    scope: str
    spans: Iterable[SpanOut]
    logs: Iterable[LogOut] = ()


def parts_of(group: Group, place: str) -> Iterator[Part]:
    """A group as requests of about `PIECE_BYTES`."""
    for piece in _pieces(map(encode_span, group.spans)):
        yield Part("traces", traces_body(group.resource, "", piece, scope=group.scope), place, len(piece))
    for piece in _pieces(map(encode_log, group.logs)):
        yield Part("logs", logs_body(group.resource, "", piece, scope=group.scope), place, 0)


def _pieces(items: Iterator[bytes]) -> Iterator[list[bytes]]:
    piece: list[bytes] = []
    size = 0
    for item in items:
        if piece and size + len(item) > PIECE_BYTES:
            yield piece
            piece, size = [], 0
        piece.append(item)
        size += len(item)
    if piece:
        yield piece


class Counting:
    """A file that is read block by block, whether it is packed with gzip or not; `done_bytes` of it were read."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        is_packed = self._file.read(2) == _GZIP
        self._file.seek(0)
        self._plain: Any = gzip.GzipFile(fileobj=self._file) if is_packed else self._file

    @property
    def done_bytes(self) -> int:
        """Bytes of the file on disk that were read."""
        return 0 if self._file.closed else self._file.tell()

    def head(self, size: int) -> bytes:
        """The beginning of the content; the next read begins there again.

        Raises:
            InvalidInput: it is packed and damaged.
        """
        found = self._read(size)
        self._plain.seek(0)
        return found

    def whole(self) -> bytes:
        """The whole content.

        Raises:
            InvalidInput: it is too long, or damaged.
        """
        content = bytearray()
        while block := self._read(_BLOCK):
            content += block
            if len(content) > LARGEST_DOCUMENT_BYTES:
                raise InvalidInput(
                    f"It has more than {LARGEST_DOCUMENT_BYTES} bytes. Expected less of a file that has to be read as "
                    "a whole. Split it, or export it as JSON lines."
                )
        return bytes(content)

    def lines(self) -> Iterator[tuple[int, bytes | Unread]]:
        """Number and content of every line that is not empty; of one that is too long only that it is.

        Raises:
            InvalidInput: the content is packed and damaged.
        """
        number = 0
        while line := self._line():
            number += 1
            if len(line) > LARGEST_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = self._line()
                yield number, Unread(f"line {number}", f"It is longer than {LARGEST_LINE_BYTES} bytes.")
            elif line.strip():
                yield number, line

    def close(self) -> None:
        """Let go of the file."""
        self._plain.close()
        self._file.close()

    def _read(self, size: int) -> bytes:
        try:
            return self._plain.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInput(f"It cannot be read: {error}. Expected a whole file. Copy it again.") from error

    def _line(self) -> bytes:
        try:
            return self._plain.readline(LARGEST_LINE_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInput(f"It cannot be read: {error}. Expected a whole file. Copy it again.") from error


NOTHING = Raw(b"null")
"""What a field holds that is not there."""


def is_told(value: Raw) -> bool:
    """Whether a field is there, and not null."""
    return bytes(memoryview(value)[:5]) != b"null"


def decoded(content: bytes | Raw) -> Any:
    """The JSON value of a text.

    Raises:
        InvalidInput: it is not JSON, or nested too deeply.
    """
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"It is not JSON: {error}. Expected JSON. Correct it, or export it again.") from error
    except RecursionError as error:
        raise InvalidInput("It is nested too deeply. Expected plain objects. Export it again.") from error


def digest(*texts: str | bytes, size: int) -> str:
    """An id of `size` hexadecimal digits that is always the same for the same texts."""
    whole = hashlib.blake2b(digest_size=size // 2)
    for text in texts:
        whole.update(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        whole.update(b"\0")
    return whole.hexdigest()
