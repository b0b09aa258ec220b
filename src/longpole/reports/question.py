"""A question, as every door knows it: its name, what it takes, what it answers, and the report that answers.

A report module ends with its questions, `questions` lists them; the server, the client and the command line ask by
that table, so that a question is written down once.
"""

from collections.abc import Callable
from typing import Generic, TypeVar
from urllib.parse import quote

from msgspec import Struct

from longpole.reports.filter_values import WORKSPACE, Filter, Pairs
from longpole.store.engine import Engine

View = TypeVar("View")


class Question(Struct, Generic[View], frozen=True, kw_only=True):
    """A question about many executions. `meaning` is one sentence for the REST reference."""

    name: str
    meaning: str
    view: type[View]
    filters: tuple[Filter, ...]
    ask: Callable[[Engine, Pairs], View]

    @property
    def path(self) -> str:
        """Its REST address."""
        return f"/api/analysis/{self.name}"


class QuestionOfOne(Struct, Generic[View], frozen=True, kw_only=True):
    """A question about one execution; `ask` takes what names it: an id, a part of one, or a trace id."""

    name: str
    meaning: str
    view: type[View]
    filters: tuple[Filter, ...] = (WORKSPACE,)
    ask: Callable[[Engine, str, Pairs], View]

    def path_of(self, execution: str) -> str:
        """Its REST address for an execution."""
        return f"/api/executions/{quote(execution, safe='')}/{self.name}"
