"""A list of answers: a plain list, which a notebook shows as a table and which can be a data frame."""

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from longpole.model.frames import FrameLibrary
from longpole.model.timeline_html import heading_html, page_html
from longpole.reports.numbers import counted
from longpole.reports.shown import rows_frame
from longpole.reports.shown_html import rows_html

Answer = TypeVar("Answer", bound=Struct)


class AnswerList(list[Answer]):
    """A list of answers of one kind.

    Args:
        kind: what it is a list of.
        answers: what is in it.
    """

    def __init__(self, kind: type[Answer], answers: Iterable[Answer]) -> None:
        super().__init__(answers)
        self._kind = kind

    def _repr_html_(self) -> str:
        heading = heading_html(self._kind.__name__, counted(len(self), "row"))
        return page_html(heading, rows_html([msgspec.to_builtins(one) for one in self]) if self else "")

    def to_dataframe(self, *, library: FrameLibrary | None = None) -> Any:
        """A data frame with a row for each answer; its columns are there also when it is empty.

        Args:
            library: "pandas" or "polars"; without it pandas, else polars.

        Raises:
            MissingPackage: neither is installed.
        """
        return rows_frame(self, self._kind, library)
