"""One measured test: its budget, its runs, and the blocks that it sets apart itself."""

from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any

import pytest
from msgspec import Struct

from longpole.model.clock import steady_ns
from longpole.model.errors import InvalidInput
from longpole.testing.budget import Budget, explain_excess, read_budget
from longpole.testing.spent import Spent, spent_of
from longpole.testing.watch import Watch


class MeasuredTest(Struct, frozen=True, kw_only=True):
    """What came of one test, as its report carries it: one entry per run."""

    name: str
    outcome: str = "passed"
    exact: bool = False
    runs: list[Spent]


class Block:
    """A part of a test that is measured by itself, and fails it if it uses more than its budget.

    Attributes:
        spent: what it used; `None` until it has ended.
    """

    def __init__(self, blocks: "Blocks", budget: Budget) -> None:
        self.spent: Spent | None = None
        self._blocks = blocks
        self._budget = budget
        self._count = self._started_ns = 0

    def __enter__(self) -> "Block":
        self._count = self._blocks.running.count()
        self._started_ns = steady_ns()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        elapsed_ns = steady_ns() - self._started_ns
        self.spent = spent_of(self._blocks.running.since(self._count), elapsed_ns)
        if error is None:
            self._blocks.spent.append(self.spent)
            fail_beyond(self._budget, self.spent)


class Blocks:
    """What the fixture `longpole_budget` gives: called with limits it measures what stands inside of `with`."""

    def __init__(self) -> None:
        self.watch: Watch | None = None
        self.spent: list[Spent] = []
        self.is_exact = False

    @property
    def running(self) -> Watch:
        """What sees the test that runs.

        Raises:
            InvalidInput: none runs.
        """
        if self.watch is None:
            raise InvalidInput(
                "longpole_budget() was entered where no test runs. Expected: the body of a test. Move the `with` there."
            )
        return self.watch

    def __call__(self, **limits: Any) -> Block:
        """A block with this budget; without limits it is only measured.

        Raises:
            InvalidInput: a limit is unknown, or out of its range.
        """
        budget = read_budget(limits)
        self.is_exact = self.is_exact or budget.exact
        return Block(self, budget)


def measure_test(
    item: pytest.Item, blocks: Blocks, budget: Budget, runs: int, keep: Callable[[list[Spent]], None]
) -> Generator[None, None, None]:
    """Runs a test so many times; `keep` is given what came of it, also where it fails.

    A test that sets blocks apart has a run for each of them.
    """
    found: list[Spent] = []
    try:
        for number in range(runs):
            watch = blocks.watch = Watch()
            watch.start()
            try:
                started_ns = steady_ns()
                if number:
                    item.runtest()
                else:
                    yield
                elapsed_ns = steady_ns() - started_ns
                whole = spent_of(watch.since(0), elapsed_ns)
            finally:
                watch.stop()
                blocks.watch = None
            found += blocks.spent or [whole]
            blocks.spent = []
            fail_beyond(budget, whole)
    finally:
        keep(found + blocks.spent)


def fail_beyond(budget: Budget, spent: Spent) -> None:
    """Fails the test that runs if it used more than its budget."""
    __tracebackhide__ = True
    told = explain_excess(budget, spent)
    if told is not None:
        pytest.fail(told, pytrace=False)
