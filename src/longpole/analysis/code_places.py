"""Whether a place that an audit found in the code and a place that a program told of itself are the same.

An audit names files from the root that it read (`shop/retry.py`), a program as it was started with
(`/srv/app/shop/retry.py`). They are the same file if one path ends with the other, or both end with the same two parts
or more; of several files that fit, those that have most parts in common.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

FEWEST_PARTS = 2
_FRAME = re.compile(r'^\s*File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<function>\S+)', re.MULTILINE)
MODULE = "<module>"


class RanBy(StrEnum):
    """By what a place is known to have run, the surest first."""

    LINE = "line"
    STACK = "stack"
    FUNCTION = "function"


class RecordedPlace(Struct, frozen=True):
    """Where a step was in the code; `stack` are the places that it was called from, if they were seen."""

    file: str
    line: int | None
    function: str | None
    is_block: bool = False
    stack: tuple[tuple[str, int], ...] = ()


class FoundPlace(Struct, frozen=True):
    """Where a finding is: lines from `line` to `end_line`, and the qualified name of the function around them."""

    file: str
    line: int
    end_line: int
    function: str


class Places:
    """The places of findings, to be asked for those of programs.

    Each recorded place is looked at once; what was found is kept.
    """

    def __init__(self, found: Sequence[FoundPlace]) -> None:
        self._found = found
        self._met: dict[RecordedPlace, Mapping[int, RanBy]] = {}
        self._by_name: dict[str, dict[str, list[int]]] = {}
        for number, place in enumerate(found):
            name = _parts(place.file)[-1]
            self._by_name.setdefault(name, {}).setdefault(place.file, []).append(number)

    def met_by(self, place: RecordedPlace) -> Mapping[int, RanBy]:
        """The findings, by their positions, that a recorded place shows to have run, and how."""
        known = self._met.get(place)
        if known is None:
            known = self._met[place] = self._look(place)
        return known

    def _look(self, place: RecordedPlace) -> dict[int, RanBy]:
        met: dict[int, RanBy] = {}
        for number in self._in_file(place.file):
            one = self._found[number]
            if place.line is not None and one.line <= place.line <= one.end_line:
                met[number] = RanBy.LINE
            elif not place.is_block and is_same_function(one.function, place.function):
                met[number] = RanBy.FUNCTION
        for file, line in place.stack:
            for number in self._in_file(file):
                if number not in met and self._found[number].line <= line <= self._found[number].end_line:
                    met[number] = RanBy.STACK
        return met

    def _in_file(self, file: str) -> Iterable[int]:
        by_file = self._by_name.get(_parts(file)[-1])
        if by_file is None:
            return ()
        common = {known: common_parts(known, file) for known in by_file}
        most = max(common.values())
        return [number for known, size in common.items() if size and size == most for number in by_file[known]]


def common_parts(one: str, other: str) -> int:
    """How many parts two paths have in common at their ends; 0 where that is too few to be the same file.

    >>> common_parts("shop/retry.py", "/srv/app/shop/retry.py"), common_parts("src/shop/retry.py", "/lib/shop/retry.py")
    (2, 2)
    >>> common_parts("a/retry.py", "/lib/b/retry.py"), common_parts("retry.py", "/lib/b/retry.py")
    (0, 1)
    """
    ours, theirs = _parts(one), _parts(other)
    size = 0
    for our, their in zip(reversed(ours), reversed(theirs), strict=False):
        if our != their:
            break
        size += 1
    return size if size >= min(FEWEST_PARTS, len(ours), len(theirs)) else 0


def is_same_function(found: str, recorded: str | None) -> bool:
    """Whether the names are of one function; a program may tell it with its module before it."""
    if recorded is None or found == MODULE:
        return False
    return recorded == found or recorded.endswith(f".{found}")


def stack_places(text: str | None) -> tuple[tuple[str, int], ...]:
    """File and line of each frame of a stack as Python prints it, outermost first."""
    return tuple((frame["file"], int(frame["line"])) for frame in _FRAME.finditer(text or ""))


@lru_cache(4096)
def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.replace("\\", "/").split("/") if part not in ("", ".")) or ("",)
