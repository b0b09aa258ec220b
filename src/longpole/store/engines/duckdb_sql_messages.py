"""What the server and the process that runs a person's SQL tell each other, as JSON."""

from typing import Any

from msgspec import Struct


class Question(Struct, frozen=True, kw_only=True):
    """What is asked. `file` is the database; at most `limit` rows and `answer_bytes` bytes of them are wanted.

    DuckDB has `memory_bytes` to work in, the process `address_bytes` in all, and so many seconds of CPU.
    """

    sql: str
    file: str
    limit: int
    answer_bytes: int
    memory_bytes: int
    address_bytes: int
    cpu_s: int


class Answer(Struct, frozen=True, kw_only=True):
    """The rows, or the database's own words on why there are none. `has_more` says that some were left out.

    Of what is not one SELECT `error` says what it is.
    """

    columns: list[tuple[str, str]] = []
    rows: list[list[Any]] = []
    has_more: bool = False
    error: str | None = None
    is_not_one_select: bool = False
