"""What the check of budgets costs where an execution begins: CPU of the calling thread, in nanoseconds.

    .venv/bin/python bench/budget.py [--calls 1000] [--rounds 400]

An agent is compared with a step, which is recorded alike and checks nothing, in turns; the best round of each counts,
because everything else on the machine only ever adds. Nothing is delivered: that is the work of other threads.
"""

import argparse
import time
from collections.abc import Callable

import longpole
from longpole.record.budget import UsedUp, budgets
from longpole.record.recorder import recorder

NEVER_NS = 2**62


@longpole.agent("triage")
def agent() -> None:
    """An execution that does nothing."""


@longpole.timing_step("triage")
def step() -> None:
    """The same as a step: recorded alike, without a check."""


def ns_per_call(function: Callable[[], None], calls: int) -> float:
    """CPU of this thread for one call."""
    begun = time.thread_time_ns()
    for _ in range(calls):
        function()
    return (time.thread_time_ns() - begun) / calls


def others(count: int) -> tuple[UsedUp, ...]:
    """So many budgets that are used up, of other agents."""
    return tuple(UsedUp("b", "used up", NEVER_NS, agent=f"other {number}") for number in range(count))


def other_users(count: int) -> tuple[UsedUp, ...]:
    """So many budgets that are used up, of other users."""
    return tuple(UsedUp("b", "used up", NEVER_NS, user=f"other {number}") for number in range(count))


def measure(calls: int, rounds: int) -> dict[str, float]:
    """The best round of each case, in nanoseconds for a call."""
    cases = {
        "a step, which checks nothing": (step, ()),
        "not opted in, or nothing used up": (agent, ()),
        "1 budget of another agent used up": (agent, others(1)),
        "100 budgets of other agents used up": (agent, others(100)),
        "100 budgets of other users used up": (agent, other_users(100)),
    }
    best = dict.fromkeys(cases, float("inf"))
    for _ in range(rounds):
        for name, (function, used_up) in cases.items():
            budgets.take(used_up)
            best[name] = min(best[name], ns_per_call(function, calls))
            recorder.records.clear()
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=400)
    given = parser.parse_args()
    budgets.choose("raise", None, None)
    recorder.is_on = True
    best = measure(given.calls, given.rounds)
    recorder.is_on = False
    recorder.records.clear()
    plain = best["a step, which checks nothing"]
    print("| an execution begins | ns | more than a step, ns |\n|---|---:|---:|")
    for name, took in best.items():
        print(f"| {name} | {took:.0f} | {took - plain:+.0f} |")


if __name__ == "__main__":
    main()
