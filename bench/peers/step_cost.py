"""What the peer scripts share. Standard library only: it runs in the environment of each peer.

A peer script says how to make a recorded function and how to flush; `run_trial` does the rest. Its arguments are the
trial and the address of a sink:

    with_x.py cost URL STEPS ROUNDS    CPU per step on the caller's thread and for the rest, as JSON
    with_x.py steady URL               a step a millisecond until it is killed; the count so far on stdout
    with_x.py exit URL STEPS           so many steps, then the word "done", then the ordinary end
"""

import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

Recorded = Callable[..., object]
Flush = Callable[[], object]


def work(question: str, limit: int = 3) -> dict[str, object]:
    """A step that does nothing, with an input and an output as tools have them."""
    return {"question": question, "rows": limit}


def run_trial(package: str, set_up: Callable[[str], tuple[Recorded, Flush]]) -> None:
    """Runs the trial that the arguments name.

    Args:
        package: whose version is told.
        set_up: gets the sink's address, gives the recorded `work` and what delivers all of it.
    """
    trial, url, *numbers = sys.argv[1:]
    step, flush = set_up(url)
    if trial == "cost":
        steps, rounds = map(int, numbers)
        print(json.dumps({"version": version(package), **_cost(step, flush, steps, rounds)}))
    elif trial == "steady":
        _record_steadily(step)
    else:
        for number in range(int(numbers[0])):
            step("what is the weather in Lisbon?", limit=number)
        os.write(1, b"done\n")


def caller_ns(step: Recorded, steps: int) -> float:
    """CPU of this thread per call."""
    started = time.thread_time_ns()
    for number in range(steps):
        step("what is the weather in Lisbon?", limit=number)
    return (time.thread_time_ns() - started) / steps


def _cost(step: Recorded, flush: Flush, steps: int, rounds: int) -> dict[str, float]:
    """The best of the rounds, because everything else on the machine only ever adds; the bare function taken off."""
    bare = min(caller_ns(work, steps) for _ in range(rounds))
    caller_ns(step, steps)  # what happens once
    flush()
    whole = time.process_time_ns()
    costs: list[float] = []
    for _ in range(rounds):
        costs.append(caller_ns(step, steps))
        flush()
    # A flush counts as background, on whichever thread: it would have happened there anyway.
    background = (time.process_time_ns() - whole) / (steps * rounds) - sum(costs) / rounds
    return {"sync_ns": min(costs) - bare, "background_ns": background}


def _record_steadily(step: Recorded) -> None:
    number = 0
    while True:
        step("what is the weather in Lisbon?", limit=number)
        number += 1
        os.write(1, b"%d\n" % number)
        time.sleep(0.001)
