"""The programs that `live.py` measures with: one whose steps are watched, and one that makes the rest of the load.

    .venv/bin/python bench/live_agents.py watched PORT SECONDS FILE
    .venv/bin/python bench/live_agents.py load PORT SECONDS STEPS_PER_S

The watched one writes when each of its steps ended, by the clock of the machine, into the file when it is done.
"""

import json
import random
import sys
import time
from pathlib import Path

import longpole

LAST_S = 2.0
"""The watched execution goes on so long behind its last step: when it ends, its page counts differently."""

STEPS_OF_ONE = 9
"""With the execution itself a tenth of what is sent."""


@longpole.timing_step
def mark(number: int) -> int:
    """A step that is watched."""
    return number


@longpole.timing_step
def work(number: int) -> dict[str, int]:
    """A step of the load."""
    return {"number": number}


@longpole.agent
def watched(seconds: float) -> list[int]:
    """One execution whose steps end 20 to 60 ms apart; when each of them did, in nanoseconds since 1970."""
    print(longpole.current_execution().execution_id, flush=True)
    chance, ends = random.Random(1), list[int]()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        mark(len(ends))
        ends.append(time.time_ns())
        time.sleep(chance.uniform(0.02, 0.06))
    time.sleep(LAST_S)
    return ends


@longpole.agent
def worker() -> None:
    """One execution of the load."""
    for number in range(STEPS_OF_ONE):
        work(number)


def load(seconds: float, steps_per_s: float) -> None:
    """So many steps a second in short executions, evenly."""
    gap_s = (STEPS_OF_ONE + 1) / steps_per_s
    began, count = time.monotonic(), 0
    while count * gap_s < seconds:
        worker()
        count += 1
        time.sleep(max(0.0, began + count * gap_s - time.monotonic()))


def main() -> None:
    """Run the one that the first argument names."""
    name, port, seconds, last = sys.argv[1:]
    longpole.configure(endpoint=f"http://127.0.0.1:{port}", service=name, content="full")
    if name == "watched":
        Path(last).write_text(json.dumps(watched(float(seconds))))
    else:
        load(float(seconds), float(last))
    longpole.flush()


if __name__ == "__main__":
    main()
