"""A loop that is kept from turning is late, and the lateness is counted."""

import asyncio
import threading
import time

import pytest

from longpole.server.loop_lag import CoreWaits, LoopLag


async def turn(lag: LoopLag, number: int) -> None:
    """Let the loop turn until so many delays were counted."""
    for _ in range(1_000_000):
        if lag.delays.counted().number >= number:
            return
        await asyncio.sleep(0)
    raise AssertionError(f"fewer than {number} delays were counted")


def test_a_blocked_loop_is_late_by_nearly_as_long_as_it_was_blocked() -> None:
    async def block() -> tuple[int | None, int | None]:
        lag = LoopLag(idle_s=0.005)
        lag.start()
        end = time.monotonic() + 0.12
        while time.monotonic() < end:
            pass
        await turn(lag, 1)
        lag.stop()
        return lag.delays.take_peak_ns(), lag.blocks.take_peak_ns()

    late_ns, blocked_ns = asyncio.run(block())
    assert late_ns is not None
    assert late_ns >= 110_000_000
    assert blocked_ns is not None
    assert 0 < blocked_ns <= late_ns


def test_a_delay_that_the_loop_slept_through_is_not_of_its_own_work() -> None:
    async def starve() -> tuple[int, int]:
        lag = LoopLag(idle_s=0.005)
        lag.start()
        threading.Event().wait(0.1)  # as when another thread holds the interpreter
        await turn(lag, 1)
        lag.stop()
        return lag.delays.take_peak_ns() or 0, lag.blocks.take_peak_ns() or 0

    late_ns, blocked_ns = asyncio.run(starve())
    assert late_ns >= 90_000_000
    assert blocked_ns < late_ns / 4


class Waits(CoreWaits):
    """A thread that waited for a core: as long as the test says, at every look more."""

    def __init__(self, each_s: float) -> None:
        super().__init__()
        self.each_s = each_s
        self.waited_s = 0.0

    def seconds(self) -> float:
        self.waited_s += self.each_s
        return self.waited_s


def test_what_the_thread_waited_for_a_core_is_no_stall() -> None:
    async def block(waits: CoreWaits) -> tuple[int, int]:
        lag = LoopLag(idle_s=0.005)
        lag.start(waits)
        threading.Event().wait(0.1)
        await turn(lag, 1)
        lag.stop()
        return lag.delays.take_peak_ns() or 0, lag.stalls.take_peak_ns() or 0

    late_ns, stood_ns = asyncio.run(block(Waits(0.06)))
    assert stood_ns == pytest.approx(late_ns - 60_000_000, abs=1000)
    late_ns, stood_ns = asyncio.run(block(Waits(10.0)))
    assert (late_ns > 60_000_000, stood_ns) == (True, 0)


def test_the_wait_for_a_core_grows_and_is_nothing_once_closed() -> None:
    waits = CoreWaits()
    before = waits.seconds()
    assert waits.seconds() >= before >= 0
    waits.close()
    assert waits.seconds() == 0


def test_a_stopped_watch_counts_no_more() -> None:
    async def stop() -> int:
        lag, again = LoopLag(idle_s=0.001), LoopLag(idle_s=0.001)
        lag.start()
        await turn(lag, 1)
        lag.stop()
        before = lag.delays.counted().number
        again.start()
        await turn(again, 3)
        again.stop()
        return lag.delays.counted().number - before

    assert asyncio.run(stop()) == 0


def test_a_loop_with_something_to_do_is_looked_at_more_often() -> None:
    async def look(step: int) -> int:
        requests = 0

        def activity() -> int:
            nonlocal requests
            requests += step
            return requests

        lag, clock = LoopLag(activity, busy_s=0.001, idle_s=60.0), LoopLag(idle_s=0.001)
        lag.start()
        clock.start()
        await turn(clock, 10)
        lag.stop()
        clock.stop()
        return lag.delays.counted().number

    assert asyncio.run(look(1)) > 0
    assert asyncio.run(look(0)) == 0
