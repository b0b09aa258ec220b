"""HTML from Python: a tag is a call, and what is not HTML already is escaped where it is put in.

>>> tag("p", "5 < 6 ", tag("b", "bold"), class_="note", title='"')
'<p class="note" title="&quot;">5 &lt; 6 <b>bold</b></p>'
"""

from collections.abc import Iterable
from html import escape

_EMPTY = frozenset({"meta", "br", "circle", "line", "path", "rect"})
"""Elements without content."""


class Html(str):
    """Text that is HTML; any other text is escaped by `tag` and `joined`."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: str | float | None) -> Html:
    """An element. Attributes that are `None` are left out; `class_` is written `class`, `view_box` `view-box`."""
    texts = [
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    ]
    start = f"<{name}{''.join(texts)}"
    # Of SVG an element without content must close itself; in HTML the slash means nothing.
    return Html(f"{start}/>") if name in _EMPTY else Html(f"{start}>{joined(children)}</{name}>")


def joined(parts: Iterable[str | None]) -> Html:
    """Several pieces as one; `None` is nothing."""
    return Html("".join(part if isinstance(part, Html) else escape(part) for part in parts if part is not None))


def table(headings: Iterable[tuple[str, str]], rows: Iterable[Iterable[str]]) -> Html:
    """A table; a heading is its text and the class of its column ("n" for numbers), a cell is text or HTML."""
    columns = list(headings)
    head = [tag("th", text, class_=style or None, scope="col") for text, style in columns]
    body = [
        tag("tr", *(tag("td", cell, class_=style or None) for cell, (_, style) in zip(row, columns, strict=True)))
        for row in rows
    ]
    return tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body))
