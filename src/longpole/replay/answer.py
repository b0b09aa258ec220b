"""The answer to a request as it is kept: status, a few headers, and the body with the time of each of its pieces."""

import base64
import codecs
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from longpole.model.clock import steady_ns
from longpole.replay.plain import EXACT

_HEADERS = ("content-type", "retry-after", "location", "request-id", "openai-", "anthropic-", "x-request-id")
_RATE_LIMITS = ("x-ratelimit-", "ratelimit-", "retry-after-ms", "x-should-retry")
_WINDOW = 47  # zlib: gzip or zlib, found out by itself


class KeptAnswer:
    """What has come of an answer so far.

    Pieces of a text are kept with their times, joined up to the end of a line, or of an event of `text/event-stream`,
    so that a secret is not cut in two; JSON as a value, so that secrets are known by their keys.
    """

    def __init__(self, started_ns: int, status: int, headers: Mapping[str, str]) -> None:
        self._started_ns = started_ns
        self._headers_ns = steady_ns() - started_ns
        self._status = status
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._pieces: list[tuple[int, bytes]] = []
        self._is_whole = False

    def add(self, piece: bytes) -> None:
        """Takes a piece of the body, as it came."""
        self._pieces.append((steady_ns() - self._started_ns, piece))

    def end(self) -> None:
        """The body has come to its end; else its reader left it."""
        self._is_whole = True

    def output(self) -> tuple[dict[str, Any], str]:
        """The answer as it is kept, and `EXACT` or why it cannot be given back."""
        kept = {
            "status": self._status,
            "headers": {name: value for name, value in self._headers.items() if _is_kept(name)},
            "headers_ns": self._headers_ns,
            "is_whole": self._is_whole,
        }
        pieces = self._decoded()
        if pieces is None:
            encoding = self._headers.get("content-encoding", "")
            return kept, f"its answer came with the encoding {encoding!r}, which is not read here"
        return kept | self._body(pieces), EXACT

    def _decoded(self) -> list[tuple[int, bytes]] | None:
        encoding = self._headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("", "identity"):
            return self._pieces
        if encoding not in ("gzip", "deflate"):
            return None
        reader = zlib.decompressobj(_WINDOW)
        try:
            return [(at_ns, reader.decompress(piece)) for at_ns, piece in self._pieces]
        except zlib.error:
            return None

    def _body(self, pieces: list[tuple[int, bytes]]) -> dict[str, Any]:
        whole = b"".join(piece for _, piece in pieces)
        ended_ns = pieces[-1][0] if pieces else self._headers_ns
        if "json" in self._headers.get("content-type", "") and self._is_whole:
            try:
                return {"json": msgspec.json.decode(whole), "ended_ns": ended_ns}
            except msgspec.DecodeError:
                pass
        try:
            return {"pieces": _texts(pieces, self._headers.get("content-type", ""))}
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(whole).decode(), "ended_ns": ended_ns}


def pieces_of(answer: Mapping[str, Any]) -> list[tuple[int, bytes]]:
    """The body of a kept answer: nanoseconds since the start of the request, and what came then."""
    if "json" in answer:
        return [(answer["ended_ns"], msgspec.json.encode(answer["json"]))]
    if "base64" in answer:
        return [(answer["ended_ns"], base64.b64decode(answer["base64"]))]
    return [(at_ns, text.encode()) for at_ns, text in answer.get("pieces", ())]


def _texts(pieces: list[tuple[int, bytes]], kind: str) -> list[tuple[int, str]]:
    is_events = "event-stream" in kind
    decoder = codecs.getincrementaldecoder("utf-8")()
    texts: list[tuple[int, str]] = []
    waiting, at_ns = "", 0
    for at_ns, piece in pieces:
        waiting += decoder.decode(piece)
        if is_events:
            waiting = waiting.replace("\r\n", "\n")
        whole, end, rest = waiting.rpartition("\n\n" if is_events else "\n")
        if end:
            texts.append((at_ns, whole + end))
            waiting = rest
    waiting += decoder.decode(b"", final=True)
    return [*texts, (at_ns, waiting)] if waiting else texts


def _is_kept(header: str) -> bool:
    return header.startswith(_HEADERS) or header.startswith(_RATE_LIMITS)
