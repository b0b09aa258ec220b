"""How often a comparison of baselines cries wolf, and what it finds: `python bench/baseline_noise.py`.

The same three agents are measured in several processes, 20 runs each, with nothing changed between them. Every way of
comparing is then asked about random picks of these processes; whatever it calls slower or faster is a false alarm.
Then the agents of some more processes are made slower by a share, and what is called slower is right. The busier the
machine is, the larger is the difference between the two ways.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import longpole
from longpole.analysis.two_samples import Bucket, Histogram, rank_test
from longpole.model.buckets import duration_bucket
from longpole.testing.baseline import Baseline, baseline_of, load_baselines, measured_of, save_baseline
from longpole.testing.baseline_change import compare_baselines
from longpole.testing.spent import spent_of
from longpole.testing.watch import Watch

PROCESSES, SLOW_PROCESSES, RUNS, PICKS = 14, 6, 20, 200
SLOWER = 1.5


def measure(file: Path, factor: float) -> None:
    """Measure the agents in this process; the waiting ones wait so many times longer."""

    @longpole.agent
    def computing() -> None:
        for _ in range(round(30 * factor)):
            json.dumps(list(range(2000)))

    @longpole.agent
    def waiting() -> None:
        time.sleep(0.02 * factor)

    @longpole.agent
    def mixed() -> None:
        time.sleep(0.005 * factor)
        for _ in range(round(5 * factor)):
            json.dumps(list(range(2000)))

    found = []
    for agent in (computing, waiting, mixed):
        runs = []
        for _ in range(RUNS):
            watch = Watch()
            watch.start()
            agent()
            runs.append(spent_of(watch.since(0), 0))
            watch.stop()
        found.append(measured_of(agent.__name__, runs))
    save_baseline(file, baseline_of(found), started_at="", option="")


def by_ranks(base: Sequence[Baseline], head: Sequence[Baseline]) -> int:
    """How many agents a rank test at 1 % calls different that takes every run for independent."""

    def histogram(side: Sequence[Baseline], place: int) -> Histogram:
        counts: dict[int, int] = {}
        for one in side:
            for duration in one.operations[place].durations_ns:
                counts[duration_bucket(duration)] = counts.get(duration_bucket(duration), 0) + 1
        return {bucket: Bucket(count, count, count) for bucket, count in counts.items()}

    chances = [rank_test(histogram(base, place), histogram(head, place)) for place in range(3)]
    return sum(chance is not None and chance < 0.01 for chance in chances)


def by_processes(base: Sequence[Baseline], head: Sequence[Baseline]) -> int:
    """How many agents `longpole ci compare` calls different."""
    found = compare_baselines(base, head)
    return len(found.told("worse")) + len(found.told("better"))


def share(
    compare: Callable[[Sequence[Baseline], Sequence[Baseline]], int],
    picks: Callable[[], tuple[Sequence[Baseline], Sequence[Baseline]]],
) -> str:
    """Which share of the agents is called different over many picks."""
    return f"{sum(compare(*picks()) for _ in range(PICKS)) / PICKS / 3 * 100:5.1f} %"


def main() -> None:
    """Measure, pick, and print the table."""
    random = Random(7)
    with tempfile.TemporaryDirectory() as folder:
        sides: list[list[Baseline]] = []
        for name, count, factor in (("same", PROCESSES, 1.0), ("slow", SLOW_PROCESSES, SLOWER)):
            place = Path(folder) / name
            place.mkdir()
            for number in range(count):
                command = [sys.executable, __file__, str(place / f"{number}.json"), str(factor)]
                subprocess.run(command, check=True)
            sides.append(load_baselines(place))
    same, slow = sides

    def unchanged(a: int, b: int) -> Callable[[], tuple[Sequence[Baseline], Sequence[Baseline]]]:
        def pick() -> tuple[Sequence[Baseline], Sequence[Baseline]]:
            picked = random.sample(same, a + b)
            return picked[:a], picked[a:]

        return pick

    def slower(a: int, b: int) -> Callable[[], tuple[Sequence[Baseline], Sequence[Baseline]]]:
        return lambda: (random.sample(same, a), random.sample(slow, b))

    print(f"{RUNS} runs a process; share of agents called different: nothing changed | all {SLOWER:.1f} times slower")
    for a, b in ((1, 1), (4, 1), (5, 1), (5, 5)):
        for name, compare in (("runs taken as independent", by_ranks), ("between processes", by_processes)):
            called = f"{share(compare, unchanged(a, b))} | {share(compare, slower(a, b))}"
            print(f"  {a} against {b} processes, {name:26} {called}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        measure(Path(sys.argv[1]), float(sys.argv[2]))
    else:
        main()
