"""What the setting `watch_runtime` costs: CPU on the caller's thread and in the background.

    .venv/bin/python bench/runtime_watch.py

Each figure is the best of seven rounds.
"""

import gc
import json
import time
from collections.abc import Callable

import pydantic

import longpole
from longpole.record import runtime_hooks
from longpole.record.flusher import Flusher
from longpole.record.recorder import recorder
from longpole.record.runtime_watch import RuntimeWatch
from longpole.record.spans import SpanBuilder
from longpole.wire.otlp_encode import LogOut, SpanOut

TIMES = 7
CALLS = 20_000
EXECUTIONS = 2_000


class Order(pydantic.BaseModel):
    """Something small to validate."""

    number: int


class Nowhere:
    """A sink that takes nothing."""

    def accept(self, spans: list[SpanOut], logs: list[LogOut], dropped: int) -> None:
        """Drops it."""

    def tick(self) -> bool:
        """Nothing is under way."""
        return False

    def wants_open(self) -> bool:
        """No."""
        return False

    def is_heard(self) -> bool:
        """No."""
        return False

    def cost(self) -> tuple[int, int]:
        """None."""
        return 0, 0


@longpole.agent
def work() -> None:
    """An execution that does nothing."""


def cpu_us(count: int, do: Callable[[], object]) -> float:
    """Microseconds of CPU of one call, the best of some rounds."""
    best = float("inf")
    for _ in range(TIMES):
        with longpole.time_step("measured"):
            started = time.thread_time_ns()
            for _ in range(count):
                do()
            best = min(best, (time.thread_time_ns() - started) / count / 1000)
        recorder.records.clear()
    return best


def background_us(watch: RuntimeWatch | None) -> float:
    """Microseconds of CPU that the flusher takes for an execution."""
    flusher = Flusher(recorder, SpanBuilder(None), Nowhere(), at_end=None if watch is None else watch.note)
    best = float("inf")
    for _ in range(TIMES):
        for _ in range(EXECUTIONS):
            work()
        started = time.thread_time_ns()
        flusher.collect(100)
        best = min(best, (time.thread_time_ns() - started) / EXECUTIONS / 1000)
    return best


def rows(watch: RuntimeWatch | None) -> dict[str, float]:
    """All figures, in microseconds."""
    return {
        "an execution, caller's thread": cpu_us(CALLS, work),
        "an execution, background": background_us(watch),
        "a validation by pydantic": cpu_us(CALLS, lambda: Order(number=1)),
        "json.dumps, with `all`": cpu_us(CALLS, lambda: json.dumps([1])),
        "a garbage collection": cpu_us(CALLS, lambda: gc.collect(0)),
    }


def main() -> None:
    """Prints the table."""
    recorder.is_on = True
    off = rows(None)
    watch = RuntimeWatch()
    watch.start()
    runtime_hooks.install(watch, counts_json=True)
    on = rows(watch)
    reading = cpu_us(1000, watch.read)
    runtime_hooks.remove()
    watch.stop()
    print("| CPU | off | on |\n| --- | --- | --- |")
    for name, before in off.items():
        print(f"| {name} | {before:.2f} us | {on[name]:.2f} us |")
    print(f"| a reading, ten a second | – | {reading:.1f} us |")


if __name__ == "__main__":
    main()
