"""What an answer is in a notebook: HTML by itself, and a data frame when asked for."""

from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from longpole.model.errors import InvalidInput
from longpole.model.frames import FrameLibrary, frame_of
from longpole.reports.shown_html import view_html


class Shown(Struct, kw_only=True):
    """An answer that a notebook shows as HTML; `to_dataframe` makes its lists data frames."""

    def _repr_html_(self) -> str:
        return view_html(self)

    def to_dataframe(self, part: str | None = None, *, library: FrameLibrary | None = None) -> Any:
        """One of the lists of this answer as a data frame, a column for each field; times stay integers.

        Args:
            part: the name of the list. Not needed where there is only one; without any the answer is one row.
            library: "pandas" or "polars"; without it pandas, else polars.

        Raises:
            InvalidInput: there is no such list, or there are several and none is named.
            MissingPackage: neither pandas nor polars is installed.
        """
        return answer_frame(self, part, library)


def answer_frame(answer: Struct, part: str | None, library: FrameLibrary | None) -> Any:
    """What `Shown.to_dataframe` gives, of any struct."""
    lists = lists_of(type(answer))
    if part is None and not lists:
        return rows_frame([answer], type(answer), library)
    if part is None and len(lists) == 1:
        part = next(iter(lists))
    if part is None or part not in lists:
        given = "several lists, and none is named" if part is None else f"no list {part!r}"
        raise InvalidInput(
            f"{type(answer).__name__} has {given}. Expected one of {', '.join(lists) or 'none'}. "
            f"Name it: to_dataframe({next(iter(lists), '')!r})."
        )
    return rows_frame(getattr(answer, part) or [], lists[part], library)


def rows_frame(rows: list[Any], row_type: type[Struct], library: FrameLibrary | None) -> Any:
    """Structs as a data frame with a column for each field of their type."""
    plain = [cast("dict[str, Any]", msgspec.to_builtins(row, builtin_types=(bytes,))) for row in rows]
    return frame_of(plain, row_type.__struct_fields__, library)


def lists_of(view: type[Struct]) -> dict[str, type[Struct]]:
    """By name, the fields of a view that are lists of structs, with what they are lists of."""
    found: dict[str, type[Struct]] = {}
    for name, kind in get_type_hints(view).items():
        for each in get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,):
            inner = get_args(each)
            if get_origin(each) is list and isinstance(inner[0], type) and issubclass(inner[0], Struct):
                found[name] = inner[0]
    return found
