"""How well `longpole.watch_loop` finds what blocks an event loop, and what it costs.

    .venv/bin/python bench/loop_watch.py [--quick]

Among twenty tasks that do a little work, blocks of 5, 20 and 100 ms are planted in one, asleep and computing, on
asyncio and uvloop, on a machine that is otherwise quiet and on one whose every core has two busy processes. A block is
found if a step `blocked_loop` stands below the step that was planted, wrong if one stands below another step. False
alarms are counted where nothing is planted and no callback takes more than 2 ms. What the machine did to the process
is told apart by the watch itself (`machine`). CPU is the watching thread's, as a share of one core.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import uvloop

import longpole
from longpole.record.current import ENDED, PARENT, SITE, STARTED
from longpole.record.recorder import recorder

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
TASKS = 20
PAUSE_S = 0.05
HOG = "import itertools\nfor _ in itertools.repeat(0): pass"


class Result(NamedTuple):
    """One row. `off_ms` is the largest difference between the real duration of a block and the one told."""

    planted: int
    found: int
    wrong: int
    false: int
    machine: int
    off_ms: float
    cpu_share: float


def sleep_for(milliseconds: float) -> None:
    """Holds the loop without computing."""
    time.sleep(milliseconds / 1000)


def compute_for(milliseconds: float) -> None:
    """Holds the loop by computing, for so much CPU."""
    end = time.thread_time() + milliseconds / 1000
    while time.thread_time() < end:
        sum(range(100))


async def background(number: int, stop: asyncio.Event) -> None:
    """A task that computes for a millisecond now and then."""
    while not stop.is_set():
        with longpole.time_step(f"background {number}"):
            compute_for(1)
            await asyncio.sleep(PAUSE_S * (1 + number % 3))


async def plant(block: Callable[[float], None] | None, milliseconds: float, count: int) -> list[float]:
    """Plants the blocks, one every 50 ms; gives their real durations in milliseconds."""
    lasted: list[float] = []
    for number in range(count):
        async with longpole.time_step(f"planted {number}"):
            await asyncio.sleep(PAUSE_S)
            if block is None:
                continue
            started = time.perf_counter()
            block(milliseconds)
            lasted.append((time.perf_counter() - started) * 1000)
    await asyncio.sleep(0.2)
    return lasted


async def measure(
    block: Callable[[float], None] | None, milliseconds: float, count: int, threshold_ms: float
) -> Result:
    """One row of the table, in the loop that runs."""
    recorder.records.clear()
    watch = longpole.watch_loop(threshold_ms)
    cpu, started = watch.cpu_ns, time.perf_counter()
    stop = asyncio.Event()
    tasks = [asyncio.create_task(background(number, stop)) for number in range(TASKS)]
    lasted = await plant(block, milliseconds, count)
    share = (watch.cpu_ns - cpu) / 1e9 / (time.perf_counter() - started)
    stop.set()
    await asyncio.gather(*tasks)
    watch.stop()
    return judge(lasted, watch.not_scheduled, share)


def judge(lasted: list[float], machine: int, share: float) -> Result:
    """Compares what was recorded with what was planted."""
    found: dict[str, float] = {}
    wrong = 0
    for record in list(recorder.records):
        if record[SITE].category != "blocked_loop" or record[PARENT] is None:
            continue
        name: str = record[PARENT][SITE].name
        if lasted and name.startswith("planted"):
            found[name] = (record[ENDED] - record[STARTED]) / 1e6
        else:
            wrong += 1
    off = [abs(told - lasted[int(name.split()[1])]) for name, told in found.items()]
    planted = len(lasted)
    return Result(
        planted, len(found), wrong if lasted else 0, 0 if lasted else wrong, machine, max(off, default=0.0), share
    )


@contextmanager
def busy_machine(is_busy: bool) -> Iterator[None]:
    """Two processes for each core that do nothing but compute."""
    hogs: list[Any] = []
    if is_busy:
        hogs = [subprocess.Popen([sys.executable, "-c", HOG]) for _ in range(2 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def turn_cost_ns(is_watched: bool) -> float:
    """Nanoseconds of one turn of an asyncio loop that has nothing to do but turn."""

    async def turn() -> float:
        watch = longpole.watch_loop() if is_watched else None
        best = float("inf")
        for _ in range(5):
            started = time.perf_counter_ns()
            for _ in range(20_000):
                await asyncio.sleep(0)
            best = min(best, (time.perf_counter_ns() - started) / 20_000)
        if watch is not None:
            watch.stop()
        return best

    return asyncio.run(turn())


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10 blocks a row instead of 100")
    count = 10 if parser.parse_args().quick else 100
    recorder.is_on = True
    print("| loop | machine | planted | threshold | found | wrong | false | machine | off by at most | CPU |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    kinds = [("sleep", sleep_for), ("compute", compute_for)]
    cases: list[tuple[str, Callable[[float], None] | None, int, int]] = [
        (f"{ms} ms {kind}", block, ms, threshold)
        for ms, threshold in ((5, 4), (20, 15), (100, 50))
        for kind, block in kinds
    ]
    cases += [("nothing", None, 0, threshold) for threshold in (4, 15, 50)]
    for is_busy in (False, True):
        with busy_machine(is_busy):
            for loop_name, make_loop in LOOPS.items():
                for name, block, milliseconds, threshold in cases:
                    with asyncio.Runner(loop_factory=make_loop) as runner:
                        row = runner.run(measure(block, milliseconds, count, threshold))
                    print(
                        f"| {loop_name} | {'busy' if is_busy else 'quiet'} | {row.planted} × {name} | {threshold} ms "
                        f"| {row.found} | {row.wrong} | {row.false} | {row.machine} | {row.off_ms:.1f} ms "
                        f"| {row.cpu_share:.2%} |",
                        flush=True,
                    )
    print(f"\nA turn of the loop: {turn_cost_ns(False):.0f} ns, watched {turn_cost_ns(True):.0f} ns.")


if __name__ == "__main__":
    main()
