"""Several queries of one answer at the same time.

A database reads a table with all cores, but plans, sorts the last groups and hands over rows with one. Meanwhile
another query can have the other core.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from longpole.reports.rows import Row
from longpole.store.engine import Engine

Answer = TypeVar("Answer")
Asked = tuple[str, Mapping[str, Any]]
"""A named query and its parameters."""

_AT_ONCE = 2
"""On two cores patterns of a month took 195 ms instead of 227, statistics 89 instead of 104, capacity 244 instead of
257."""


def rows_together(store: Engine, *asked: Asked) -> list[Sequence[Row]]:
    """The answers of queries that do not need each other, in the order of the queries. Each has a snapshot of its own.

    Raises:
        LongpoleError: that of the first query that failed, when the others have ended.
    """
    return together(*(lambda query=query, given=given: store.rows(query, given) for query, given in asked))


def together(*tasks: Callable[[], Answer]) -> list[Answer]:
    """What the tasks return, in their order. They run in threads that have this one's context variables, so that what
    is asked in them can be cancelled (`longpole.store.cancel`). The first error is raised when all have ended.
    """
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="longpole-together") as threads:
        return [running.result() for running in [threads.submit(copy_context().run, task) for task in tasks]]
