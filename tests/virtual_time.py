"""An event loop whose clock jumps to the next timer: what takes an hour there takes no time here.

It is for programs that wait for timers only; threads and sockets take real time, of which this loop knows nothing.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time()` begins at 0 and stands still while anything can run."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.now_s

    def now_ns(self) -> int:
        """Its clock in nanoseconds."""
        return round(self.now_s * 1e9)


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            return super().select(5.0)  # nothing will ever happen, but for threads: do not hang
        self._loop.now_s += max(0.0, timeout)
        return super().select(0)


def run_virtually(program: Coroutine[Any, Any, Result], loop: VirtualLoop | None = None) -> Result:
    """`asyncio.run` on a virtual loop; fails if the program leaves a task behind."""
    loop = loop or VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:

        async def watched() -> Result:
            result = await program
            await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"left behind: {left}"
            return result

        return runner.run(watched())
