"""Several queries of one answer at the same time, as long as there is a core for it.

A database reads a table with all cores, but plans, sorts the last groups and hands over rows with one. Meanwhile
another query can have the other core: on two cores patterns of a month took 195 ms instead of 227, statistics 89
instead of 104, capacity 244 instead of 257. Of several answers at once only as many get help as there are cores left:
more threads would but take turns, and keep the event loop waiting for its own. With three who ask beside 2,000 steps a
second an answer took 208 ms instead of 260 (`tests/soak.py --minutes 4`, medians).
"""

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import copy_context
from threading import Semaphore
from typing import Any, TypeVar

from longpole.reports.rows import Row
from longpole.store.engine import Engine

Answer = TypeVar("Answer")
Asked = tuple[str, Mapping[str, Any]]
"""A named query and its parameters."""

# Threads that may help, in all answers together.
_helpers = Semaphore(max(1, (os.cpu_count() or 1) - 1))


def rows_together(store: Engine, *asked: Asked) -> list[Sequence[Row]]:
    """The answers of queries that do not need each other, in the order of the queries. Each has a snapshot of its own.

    Raises:
        LongpoleError: that of the first query that failed, when the others have ended.
    """
    return together(*(lambda query=query, given=given: store.rows(query, given) for query, given in asked))


def together(*tasks: Callable[[], Answer]) -> list[Answer]:
    """What the tasks return, in their order. This thread does them, and one that helps it if there is a core for it,
    with the same context variables, so that what is asked can be cancelled (`longpole.store.cancel`). The first error
    is raised when all have ended.
    """
    waiting = deque(enumerate(tasks))
    answers: dict[int, Answer] = {}
    errors: dict[int, BaseException] = {}

    def work() -> None:
        while waiting:
            try:
                number, task = waiting.popleft()
            except IndexError:  # the other one was quicker
                return
            try:
                answers[number] = task()
            except BaseException as error:
                errors[number] = error

    with ExitStack() as stack:
        if len(tasks) > 1 and _helpers.acquire(blocking=False):
            stack.callback(_helpers.release)
            threads = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="longpole-together"))
            threads.submit(copy_context().run, work)
        work()
    if errors:
        raise errors[min(errors)]
    return [answers[number] for number in range(len(tasks))]
