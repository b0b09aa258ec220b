"""One thing that `longpole doctor` looks at."""

from typing import Literal

from msgspec import Struct

from longpole.model.errors import LongpoleError

Level = Literal["ok", "warning", "failed"]
Part = Literal["installed", "settings", "server", "data"]


class Check(Struct, frozen=True, kw_only=True):
    """What was looked at (`name`), how it is, in words, and what to do; `cure` is null where nothing is to be done.

    "warning" is worth a look, "failed" keeps something from working or loses data.
    """

    part: Part
    name: str
    level: Level
    text: str
    cure: str | None = None


def fine(part: Part, name: str, text: str, *, cure: str | None = None) -> Check:
    """That all is well with it, and what was found; `cure` is for who wants more."""
    return Check(part=part, name=name, level="ok", text=text, cure=cure)


def failure(part: Part, name: str, error: LongpoleError, level: Level = "failed") -> Check:
    """What an error of ours says, whose last sentence is the cure."""
    said, _, cure = str(error).strip().rpartition(". ")
    return Check(part=part, name=name, level=level, text=f"{said}." if said else cure, cure=cure if said else None)
