"""Where a text that comes piece by piece may be cut: after words, sentences, lines, code fences, values of JSON.

A cutter takes pieces and gives chunks. Joined, the chunks are the pieces, letter by letter; only the places of the cuts
differ.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

MOST_CHARACTERS = 4096


class Boundary(StrEnum):
    """After what a chunk may end."""

    PIECE = "piece"
    """Every piece, as it comes."""
    WORD = "word"
    SENTENCE = "sentence"
    LINE = "line"
    CODE = "code"
    """Sentences outside of code fences; a fence with what is in it is one chunk."""
    JSON = "json"
    """Each complete value at the top, such as the objects of a stream of them."""


class Cutter(Protocol):
    """What cuts one stream. `take` gives the chunks that are complete, `rest` what is left, and leaves nothing."""

    def take(self, piece: str) -> list[str]:
        """The chunks that this piece completes."""
        ...

    def rest(self) -> str:
        """What has come and was not given yet."""
        ...


def cutter(boundary: Boundary | str, most_characters: int = MOST_CHARACTERS) -> Cutter:
    """A cutter for one stream; a chunk without any boundary is cut at so many characters all the same."""
    kind = Boundary(boundary)
    if kind is Boundary.JSON:
        return _Json(most_characters)
    if kind is Boundary.CODE:
        return _Code(most_characters)
    return _Plain(_ENDS[kind], most_characters)


_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*\n", re.MULTILINE)
# Behind a full stop stands white space, else it may be a number or an address that goes on in the next piece.
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’)\]]*\s+|\n+|[。！？]")
_WORD, _LINE = re.compile(r"\s+"), re.compile(r"\n")


def _last_end(pattern: re.Pattern[str]) -> Callable[[str], int]:
    """Where the last match ends; 0 without one. White space that ends the text may go on, and is cut behind anyway."""

    def find(text: str) -> int:
        end = 0
        for match in pattern.finditer(text):
            end = match.end()
        return end

    return find


_ENDS: dict[Boundary, Callable[[str], int]] = {
    Boundary.PIECE: len,
    Boundary.WORD: _last_end(_WORD),
    Boundary.SENTENCE: _last_end(_SENTENCE),
    Boundary.LINE: _last_end(_LINE),
}


class _Plain:
    def __init__(self, last_end: Callable[[str], int], most: int) -> None:
        self._last_end, self._most = last_end, most
        self._text = ""

    def take(self, piece: str) -> list[str]:
        self._text += piece
        end = self._last_end(self._text)
        if not end and len(self._text) >= self._most:
            end = len(self._text)
        chunk, self._text = self._text[:end], self._text[end:]
        return [chunk] if chunk else []

    def rest(self) -> str:
        text, self._text = self._text, ""
        return text


class _Code:
    """Text as sentences, fences whole. A line that may still become a fence is waited for to its end."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._text = ""
        self._fence = ""  # with which the open one began

    def take(self, piece: str) -> list[str]:
        self._text += piece
        chunks: list[str] = []
        while end := self._end_inside() if self._fence else self._end_outside():
            chunks.append(self._text[:end])
            self._text = self._text[end:]
        return chunks

    def rest(self) -> str:
        text, self._text, self._fence = self._text, "", ""
        return text

    def _end_outside(self) -> int:
        fence = _FENCE.search(self._text)
        if fence is None:
            # The last line may become a fence: up to it, sentences; and it too once it is none.
            line = self._text.rfind("\n") + 1
            end = _ENDS[Boundary.SENTENCE](self._text)
            is_open = self._text[line:].lstrip(" ")[:1] in ("", "`", "~")
            end = min(end, line) if is_open else end
            return len(self._text) if not end and len(self._text) >= self._most else end
        if fence.start():
            return fence.start()
        self._fence = fence[1]
        return self._end_inside()

    def _end_inside(self) -> int:
        closing = re.compile(rf"^ {{0,3}}{self._fence[0]}{{{len(self._fence)},}}[ \t]*\n", re.MULTILINE)
        first = self._text.find("\n") + 1 if self._text.lstrip(" ").startswith(self._fence) else 0
        found = closing.search(self._text, first)
        if found is not None:
            self._fence = ""
            return found.end()
        return len(self._text) if len(self._text) >= self._most else 0


class _Json:
    """Counts brackets outside of strings; each character is looked at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._text = ""
        self._seen = 0
        self._depth = 0
        self._in_string = self._is_escaped = False

    def take(self, piece: str) -> list[str]:
        self._text += piece
        chunks: list[str] = []
        while self._seen < len(self._text):
            letter = self._text[self._seen]
            self._seen += 1
            if self._ends(letter) or self._seen >= self._most:
                chunks.append(self._text[: self._seen])
                self._text, self._seen = self._text[self._seen :], 0
        return chunks

    def rest(self) -> str:
        text, self._text, self._seen = self._text, "", 0
        return text

    def _ends(self, letter: str) -> bool:
        """Whether a value at the top is complete with this letter."""
        if self._in_string:
            if self._is_escaped:
                self._is_escaped = False
            elif letter == "\\":
                self._is_escaped = True
            elif letter == '"':
                self._in_string = False
                return self._depth == 0
            return False
        if letter == '"':
            self._in_string = True
        elif letter in "{[":
            self._depth += 1
        elif letter in "}]":
            self._depth = max(0, self._depth - 1)
            return self._depth == 0
        return letter == "\n" and self._depth == 0
