"""What a person may ask of a store in SQL of their own, and what every engine promises about it."""

from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

ANSWER_BYTES = 8 * 1024 * 1024
"""An answer ends where its rows become longer than this, as JSON."""


class SqlQuestion(Struct, frozen=True, kw_only=True):
    """One SELECT.

    Attributes:
        sql: the statement.
        limit: the most rows that are wanted.
        timeout_s: seconds after which it is given up.
        workspace: the only one whose rows it may see; nothing where it may see all.
    """

    sql: str
    limit: int
    timeout_s: float
    workspace: str | None = None


class SqlRows(Struct, frozen=True, kw_only=True):
    """An answer: (name, type) of each column, and values as JSON has them. `has_more` says that rows were left out."""

    columns: list[tuple[str, str]]
    rows: list[list[Any]]
    has_more: bool


@runtime_checkable
class ReadsSql(Protocol):
    """An engine that answers SQL of a person, so that nothing can be changed, and nothing else be read, by it.

    `knows_workspaces` says whether it can show one workspace only. Without that, it is for those who may see all.
    """

    knows_workspaces: bool

    def ask_sql(self, question: SqlQuestion) -> SqlRows:
        """The answer of the database to the question.

        Raises:
            InvalidInput: it is not one SELECT, or the database refuses it, or it takes too long or too much memory.
            StoreError: the database does not answer, or cannot be asked in this way.
        """
        ...
