"""How much work something is, as a number that is the same on every machine: the lines of Python that run."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def lines_run(work: Callable[[], object]) -> int:
    """The lines that run in `work`, those of comprehensions and calls included."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def grows_in_step(work: Callable[[int], Callable[[], object]], *, count: int = 1000) -> bool:
    """Whether twice as much input is about twice as much work, not four times; `work` makes it for a size."""
    return lines_run(work(2 * count)) < 2.5 * lines_run(work(count))
