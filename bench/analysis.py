"""One execution of 1,000 to 200,000 steps: what each part of its analysis takes, and how that grows.

    .venv/bin/python bench/analysis.py [--sizes 1000 10000 50000 200000] [--rounds 3]

Each size runs in a process of its own; the least of the rounds, processor time of one core. The execution is seeded:
agents in agents, loops of a model and tools, fan-outs, waits before retries, calls that repeat. The first three parts
are what the target is about; who waited for whom is in `findings` and by itself. `memory` is by how much the process
grew over the tree and its spans while all parts ran.
"""

import argparse
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from longpole.analysis.advice import make_scene, saved_together_ns
from longpole.analysis.advice_list import find_opportunities
from longpole.analysis.coverage import measure_coverage
from longpole.analysis.critical_path import weigh_spans
from longpole.analysis.grouped_totals import SpanTimes, add_up, wall_times
from longpole.analysis.independence import Judgement, judge_independence
from longpole.analysis.proposals import propose
from longpole.analysis.span import Span
from longpole.analysis.totals import measure_self_times, share_wall_time, split_wall_time
from longpole.analysis.waiting import find_joins, find_waits
from longpole.analysis.what_if import Simulator
from longpole.model.tree import Tree, grow_tree

MS = 1_000_000
SIZES = (1_000, 10_000, 50_000, 200_000)
TARGET_PARTS = ("critical path", "totals", "findings")
TARGET_S, TARGET_MB = 1.0, 300
BEST = 5


class Maker:
    """Makes the spans of one execution, depth first, until there are enough."""

    def __init__(self, size: int, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._size = size
        self.ids: list[str] = []
        self.parents: list[str | None] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.spans: list[Span] = []
        top = self._open(None, 0, Span("team", "agent", "team", "e0", True))
        end = 0
        while len(self.ids) < size:
            end = self._agent(top, end + MS, depth=0)
        self.ends[top] = end + MS

    def tree(self) -> Tree:
        """The tree of them."""
        return grow_tree(self.ids, self.parents, self.starts, self.ends)

    def _open(self, parent: int | None, start: int, span: Span) -> int:
        self.ids.append(f"{len(self.ids):016x}")
        self.parents.append(None if parent is None else self.ids[parent])
        self.starts.append(start)
        self.ends.append(start)
        self.spans.append(span)
        return len(self.ids) - 1

    def _leaf(self, parent: int, start: int, name: str, category: str, **more: object) -> int:
        """A step without steps below it; when it ends."""
        span = Span(name, category, "agent", "e1", argument_hash=f"{self._random.randrange(400):04x}", **more)  # pyright: ignore[reportArgumentType]
        node = self._open(parent, start, span)
        self.ends[node] = start + self._random.randrange(2, 900) * MS
        return self.ends[node]

    def _agent(self, parent: int, start: int, depth: int) -> int:
        node = self._open(parent, start, Span(f"agent {depth}", "agent", f"agent {depth}", f"e{len(self.ids)}", True))
        moment = start + MS
        for _ in range(self._random.randrange(2, 12)):
            moment = self._leaf(node, moment, "think", "llm", model="small", first_token_ns=40 * MS) + MS
            moment = self._turn(node, moment, depth) + MS
            if len(self.ids) >= self._size:
                break
        self.ends[node] = moment
        return moment

    def _turn(self, node: int, moment: int, depth: int) -> int:
        kind = self._random.random()
        if kind < 0.5:
            return self._leaf(node, moment, self._random.choice(("find", "read", "weigh")), "tool")
        if kind < 0.75:
            return max(self._leaf(node, moment, "search", "retrieval") for _ in range(self._random.randrange(2, 9)))
        if kind < 0.9:
            moment = self._leaf(node, moment, "wait before retry", "retry") + MS
            return self._leaf(node, moment, "call", "http", attempt=2)
        return self._agent(node, moment, depth + 1) if depth < 4 else self._leaf(node, moment, "note", "database")


def parts_of(size: int) -> dict[str, Callable[[], object]]:
    """What is measured, by name, in the order of the table."""
    maker = Maker(size)
    tree, spans = maker.tree(), maker.spans
    categories = [span.category for span in spans]
    is_execution = [span.is_execution for span in spans]
    first_token_ns = [span.first_token_ns for span in spans]
    labels = [span.label for span in spans]
    weights = weigh_spans(tree, 0)
    simulator = Simulator(tree, 0, labels, first_token_ns)

    def totals() -> object:
        times = SpanTimes(
            durations=[end - start for start, end in zip(tree.starts, tree.ends, strict=True)],
            self_ns=measure_self_times(tree),
            critical_ns=[weights.critical_ns.get(node, 0) for node in range(len(tree))],
            wall_ns=wall_times(split_wall_time(tree, 0, weights.path), len(tree)),
        )
        has_failed = [False] * len(tree)
        groups = [categories, labels, [span.agent for span in spans]]
        return [add_up(dict(enumerate(keys)), times, has_failed=has_failed) for keys in groups]

    def findings() -> object:
        scene = make_scene(tree, 0, spans)
        found = find_opportunities(scene, lambda _: judge, suffered={}, refusals=(), never_called=())
        return saved_together_ns(scene.simulator, [one for one in found if one.saving_ns][:BEST])

    def judge(first: int, second: int) -> Judgement:
        return judge_independence(spans[first], spans[second])

    def bar() -> object:
        return share_wall_time(
            tree, 0, categories=categories, is_execution=is_execution, first_token_ns=first_token_ns, path=weights.path
        )

    def waiting() -> object:
        find_joins(tree, 0, simulator.dependencies, weights)
        return find_waits(tree, 0, weights, categories=categories, first_token_ns=first_token_ns)

    def tries() -> object:
        proposals = propose(tree, 0, spans, weights, simulator.dependencies)
        return [simulator.duration_after(proposal.changes) for proposal in proposals]

    return {
        "critical path": lambda: weigh_spans(tree, 0),
        "totals": totals,
        "findings": findings,
        "bar of wall time": bar,
        "coverage": lambda: measure_coverage(tree, 0, categories=categories, is_agent=is_execution),
        "who waited for whom": lambda: Simulator(tree, 0, labels, first_token_ns),
        "waiting": waiting,
        "what could be tried": tries,
        "simulation": lambda: simulator.simulate([]),
    }


def peak_mb() -> float:
    """The most that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(size: int, rounds: int) -> None:
    """Print milliseconds of each part, and the growth in MB, for the process that asked."""
    parts = parts_of(size)
    before = peak_mb()
    for name, part in parts.items():
        best = float("inf")
        for _ in range(rounds):
            began = time.process_time()
            part()
            best = min(best, time.process_time() - began)
        print(f"{name}\t{best * 1000}")
    print(f"memory\t{peak_mb() - before}")


def asked(size: int, rounds: int) -> dict[str, float]:
    """The figures of a size, from a process of its own."""
    command = [sys.executable, __file__, "--child", str(size), "--rounds", str(rounds)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: float(value) for name, value in (line.split("\t") for line in lines)}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        measure(chosen.child, chosen.rounds)
        return
    figures = {size: asked(size, chosen.rounds) for size in chosen.sizes}
    table = Table("ms", *(f"{size:,} steps" for size in figures), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    names = [name for name in next(iter(figures.values())) if name != "memory"]
    for name in names:
        table.add_row(name, *(f"{of[name]:.1f}" for of in figures.values()))
        if name == TARGET_PARTS[-1]:
            sums = {size: sum(of[part] for part in TARGET_PARTS) for size, of in figures.items()}
            table.add_row("these three", *(f"{value:.0f}" for value in sums.values()))
            table.add_row("us a step", *(f"{value * 1000 / size:.1f}" for size, value in sums.items()))
            table.add_section()
    table.add_row("memory, MB", *(f"{of['memory']:.0f}" for of in figures.values()))
    Console(width=110).print(table)
    if 50_000 in figures:
        took_ms = sum(figures[50_000][part] for part in TARGET_PARTS)
        is_met = took_ms < TARGET_S * 1000 and figures[50_000]["memory"] < TARGET_MB
        print(f"target at 50,000 steps: under {TARGET_S:g} s and {TARGET_MB} MB: {'met' if is_met else 'missed'}")


if __name__ == "__main__":
    main()
