"""A table that fits the terminal: texts are shortened and whole columns left out, never a number or an id cut."""

from collections.abc import Collection, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

_GAP = 2
_LEAST = 10
"""Columns that a shortened text keeps at least."""


class FittedTable:
    """Rows under their headings, as wide as they need and at most as wide as the console.

    Args:
        headings: one for each column.
        texts: headings of the columns that are words: left-justified.
        shortened: headings of those texts that may be cut, the longest first.
        left_out: headings of the columns that go, in this order, where shortening is not enough.
    """

    def __init__(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[Text]],
        *,
        texts: Collection[str],
        shortened: Collection[str],
        left_out: Sequence[str],
    ) -> None:
        self._headings = headings
        self._rows = rows
        self._texts = texts
        self._shortened = shortened
        self._left_out = left_out

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table for this console's width."""
        widths = self._fitted(options.max_width)
        table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
        for heading, width in widths.items():
            justify = "left" if heading in self._texts else "right"
            table.add_column(heading, no_wrap=True, overflow="ellipsis", width=width, justify=justify)
        kept = [place for place, heading in enumerate(self._headings) if heading in widths]
        for row in self._rows:
            table.add_row(*(row[place] for place in kept))
        yield table

    def _fitted(self, available: int) -> dict[str, int]:
        """The columns that stay, with their widths."""
        natural = {
            heading: max(cell_len(heading), *(row[place].cell_len for row in self._rows))
            for place, heading in enumerate(self._headings)
        }
        widths = self._shorten(natural, available)
        for heading in self._left_out:
            if _whole(widths) <= available:
                break
            del natural[heading]
            widths = self._shorten(natural, available)
        return widths

    def _shorten(self, natural: dict[str, int], available: int) -> dict[str, int]:
        widths = dict(natural)
        excess = _whole(widths) - available
        while excess > 0:
            longest = max(self._shortened, key=lambda heading: widths[heading])
            if widths[longest] <= _LEAST:
                break
            widths[longest] -= 1
            excess -= 1
        return widths


def _whole(widths: dict[str, int]) -> int:
    return sum(widths.values()) + _GAP * (len(widths) - 1)
