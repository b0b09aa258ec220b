"""HTML for a notebook: tables, and a tree with a bar for each row. It stands alone and loads nothing.

Colours are in the middle between black and white, and text, lines and ground are those of the page around it, so that a
light and a dark notebook both show it. Every text is escaped: names come from whoever sent them.
"""

from collections.abc import Iterable, Sequence
from html import escape

from msgspec import Struct

MOST_ROWS = 300
"""Rows of a tree or a table that are shown; how many are not is said."""

_COLOURS = {
    "llm": "#4c7fd6", "llm_wait": "#7aa3e6", "tool": "#2a9d8f", "agent": "#5f8f6b", "agent_comm": "#2a9d8f",
    "http": "#3aa0c2", "database": "#9b6bd0", "cache": "#b184d8", "retrieval": "#9b6bd0", "retry": "#d99a2b",
    "rate_limit": "#d99a2b", "queue": "#c98a3b", "blocked_loop": "#d0504f", "barrier_wait": "#b08a5b",
}  # fmt: skip
_OTHER = "#8a8f98"
_LINE = "1px solid rgba(128,128,128,.35)"
_CELL = (
    "padding:2px 10px 2px 0;text-align:left;white-space:nowrap;max-width:22em;overflow:hidden;text-overflow:ellipsis"
)
_INHERITED = "font-size:inherit;color:inherit;margin:0"
_WIDTHS = ("34%", "44%", "9%", "13%")


class BarRow(Struct, frozen=True, kw_only=True):
    """A row of a tree: its bar covers from `start` for `length`, shares (0 to 1) of the whole.

    `heavy` are the stretches of it in which all else waited for it, as shares of the whole too.
    """

    name: str
    depth: int
    category: str
    start: float
    length: float
    time: str
    note: str = ""
    is_bold: bool = False
    has_failed: bool = False
    heavy: Sequence[tuple[float, float]] = ()


def page_html(*parts: str) -> str:
    """Parts one below the other."""
    style = "font-size:13px;line-height:1.45;color:inherit;background:transparent;max-width:1100px"
    return f'<div class="longpole" style="{style}">{"".join(parts)}</div>'


def heading_html(title: str, *details: str) -> str:
    """A line with a title and what is said beside it."""
    told = "".join(f'<span style="opacity:.75"> · {escape(detail)}</span>' for detail in details if detail)
    return f'<div style="margin:4px 0 6px"><b>{escape(title)}</b>{told}</div>'


def note_html(text: str) -> str:
    """A sentence that stands back."""
    return f'<div style="opacity:.7;margin:2px 0">{escape(text)}</div>'


def shares_html(parts: Iterable[tuple[str, str, float]]) -> str:
    """One bar of category, words and share (0 to 1) each, and what the colours mean."""
    shown = [part for part in parts if part[2] > 0]
    bar = "".join(
        f'<span title="{escape(words)}" style="display:inline-block;height:10px;width:{_percent(share)};'
        f'background:{_colour(category)}"></span>'
        for category, words, share in shown
    )
    key = "".join(
        f'<span style="margin-right:14px;white-space:nowrap"><span style="color:{_colour(category)}">■</span> '
        f"{escape(words)}</span>"
        for category, words, _ in shown
    )
    return f'<div style="margin:4px 0;font-size:0">{bar}</div><div style="margin:2px 0 8px">{key}</div>'


def bars_html(rows: Sequence[BarRow]) -> str:
    """A tree with its bars on one axis of time, parents before what is below them."""
    body = "".join(_bar_row(row) for row in rows[:MOST_ROWS])
    columns = "".join(f'<col style="width:{width}">' for width in _WIDTHS)
    style = f"width:100%;table-layout:fixed;border-collapse:collapse;{_INHERITED}"
    table = f'<table style="{style}"><colgroup>{columns}</colgroup>'
    hidden = len(rows) - MOST_ROWS
    return f"{table}{body}</table>" + (note_html(f"{hidden:,} more rows are not shown") if hidden > 0 else "")


def table_html(headings: Sequence[str], rows: Sequence[Sequence[str]], *, hidden: int = 0) -> str:
    """A table of texts; `hidden` more rows are said not to be shown."""
    head = "".join(f'<th style="{_CELL};opacity:.7;font-weight:normal">{escape(text)}</th>' for text in headings)
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{_CELL};border-top:{_LINE}" title="{escape(text)}">{escape(text)}</td>' for text in row)
        + "</tr>"
        for row in rows
    )
    note = note_html(f"{hidden:,} more rows are not shown; to_dataframe() has all") if hidden > 0 else ""
    table = f'<table style="border-collapse:collapse;{_INHERITED}"><tr>{head}</tr>{body}</table>'
    return f'<div style="overflow-x:auto;margin-bottom:10px">{table}{note}</div>'


def _bar_row(row: BarRow) -> str:
    colour = "#d0504f" if row.has_failed else _colour(row.category)
    light = _stretch(row.start, row.length, colour, ".4" if row.heavy else ".85")
    heavy = "".join(_stretch(start, length, colour, "1") for start, length in row.heavy)
    name = f"<b>{escape(row.name)}</b>" if row.is_bold else escape(row.name)
    cell = "padding:1px 6px 1px 0;text-align:left;white-space:nowrap;overflow:hidden;text-overflow:ellipsis"
    return (
        f'<tr style="background:transparent"><td style="{cell};padding-left:{min(row.depth, 20) * 14}px" '
        f'title="{escape(row.name)}">{name}</td>'
        f'<td style="{cell}"><div style="position:relative;height:10px">{light}{heavy}</div></td>'
        f'<td style="{cell};text-align:right;font-variant-numeric:tabular-nums">{escape(row.time)}</td>'
        f'<td style="{cell};padding-left:10px;opacity:.75" title="{escape(row.note)}">{escape(row.note)}</td></tr>'
    )


def _stretch(start: float, length: float, colour: str, opacity: str) -> str:
    left = min(max(start, 0.0), 1.0)
    width = min(max(length, 0.0), 1.0 - left)
    return (
        f'<span style="position:absolute;top:0;height:10px;left:{_percent(left)};width:{_percent(width)};'
        f'min-width:2px;border-radius:2px;background:{colour};opacity:{opacity}"></span>'
    )


def _colour(category: str) -> str:
    return _COLOURS.get(category, _OTHER)


def _percent(share: float) -> str:
    return f"{100 * share:.3f}%"
