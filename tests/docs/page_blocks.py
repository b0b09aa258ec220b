"""The fenced blocks of the pages: `docs/**/*.md` and the README."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

from house.checkout import ROOT, short, tracked_files

FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)(?P=fence)[ ]*$",
    re.DOTALL | re.MULTILINE,
)
REASON = re.compile(r"<!-- not run: (.+?) -->\s*$", re.DOTALL)


class Block(NamedTuple):
    """One fenced block; `not_run` is the reason that a comment before it gives, None when it has to run."""

    page: Path
    line: int
    language: str
    text: str
    not_run: str | None

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"{short(self.page)}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Every fenced block of a page, in order, without the indent that a list gives it."""
    content = page.read_text()
    for found in FENCE.finditer(content):
        before = content[: found.start()]
        reason = REASON.search(before)
        yield Block(
            page,
            before.count("\n") + 1,
            found["language"].strip(),
            dedent(found["text"]),
            reason and " ".join(reason[1].split()),
        )


@cache
def all_blocks() -> tuple[Block, ...]:
    """The blocks of the README and of every page below docs/."""
    pages = [path for path in tracked_files() if path.suffix == ".md" and short(path).startswith("docs/")]
    return tuple(block for page in [ROOT / "README.md", *pages] for block in blocks_of(page))


def to_run(*languages: str) -> list[Block]:
    """The blocks in one of these languages that give no reason not to run."""
    return [block for block in all_blocks() if block.language in languages and block.not_run is None]
