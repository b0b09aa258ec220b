"""`TimingAggregator`: where the time of timings went that this process holds, without a server.

    report = TimingAggregator.generate_optimization_report()
    print(report)

The arithmetic is that of every other answer: each moment belongs to one entry (`analysis.totals`), so shares add up to
1, and bottlenecks are what the critical path consists of (`analysis.critical_path`).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from statistics import quantiles
from typing import Any, NamedTuple

from msgspec import Struct

from longpole import settings
from longpole.analysis.critical_path import find_critical_path
from longpole.analysis.totals import measure_self_times, split_wall_time
from longpole.client.answer_list import AnswerList
from longpole.model.category import Category
from longpole.model.tree import NO_PARENT, Tree, grow_tree
from longpole.record.collector import ExecutionTimingTree, TimingEntry, trees_of_process
from longpole.record.timed_before import duration_ms_of
from longpole.reports.numbers import counted, duration_text, share_text

UNKNOWN_AGENT = "unknown"
MOST_OPERATIONS = 10
MOST_OPPORTUNITIES = 5


class AggregateStats(Struct, frozen=True, kw_only=True):
    """The timings of one category or one agent, in milliseconds.

    `share` (0 to 1) is of the wall time of everything that was given; all shares together are 1. `self_ms` is the time
    in which an entry ran and none below it did. `summed_ms` is the plain sum of durations: nested and parallel entries
    count more than once in it. Mean, percentiles and extremes are of single entries; `None` while none has ended.
    """

    count: int
    running: int
    failed: int
    share: float
    self_ms: float
    summed_ms: float
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    min_ms: float | None
    max_ms: float | None


class Bottleneck(Struct, frozen=True, kw_only=True):
    """An operation on the critical path. `share` (0 to 1) is its part of the path, and `critical_ms` how long that is.

    Making it faster makes the whole faster, by at most `critical_ms`. `count` and `longest_ms` are of all its entries.
    """

    operation: str
    category: str
    share: float
    critical_ms: float
    self_ms: float
    count: int
    longest_ms: float


class OptimizationReport(Struct, frozen=True, kw_only=True):
    """What to look at first. `slowest` are the ten operations with most self time.

    `slow` and `critical` are the entries that took `slow_operation_ms` and `critical_operation_ms` (settings) or more,
    the longest first. `opportunities` are at most five sentences about the largest bottlenecks.
    """

    executions: int
    total_ms: float
    by_category: dict[str, AggregateStats]
    by_agent: dict[str, AggregateStats]
    bottlenecks: list[Bottleneck]
    slowest: list[Bottleneck]
    slow: list[TimingEntry]
    critical: list[TimingEntry]
    opportunities: list[str]

    def __str__(self) -> str:
        head = f"{counted(self.executions, 'execution')}, {duration_text(self.total_ms * 1e6)}"
        return "\n".join([head, *self.opportunities])


class TimingAggregator:
    """Sums, bottlenecks and a report of timings. It holds nothing: call its methods on the class or on an instance."""

    @staticmethod
    def aggregate_by_category(entries: Iterable[TimingEntry]) -> dict[str, AggregateStats]:
        """The timings of each category, the one with the largest share first; empty without entries."""
        timed = _measure([_keyed(entries)])
        return _aggregate(timed, [entry.category for entry in timed.entries])

    @staticmethod
    def aggregate_by_agent(entries: Iterable[TimingEntry]) -> dict[str, AggregateStats]:
        """The timings of each agent, the one with the largest share first; empty without entries.

        An entry belongs to the agent that its metadata name (`agent_name`), else to the nearest one around it: an entry
        with such metadata, or one of the category "agent". Without any it belongs to "unknown".
        """
        timed = _measure([_keyed(entries)])
        return _aggregate(timed, _agents(timed))

    @staticmethod
    def identify_bottlenecks(tree: ExecutionTimingTree) -> AnswerList[Bottleneck]:
        """The operations on the critical path of a tree, the largest share first; their shares add up to 1.

        While the tree runs, those so far.
        """
        return AnswerList(Bottleneck, _on_path(_operations(_measure([tree.entries]))))

    @staticmethod
    def generate_optimization_report(trees: Iterable[ExecutionTimingTree] | None = None) -> OptimizationReport:
        """The report of some trees; without them, of all that the collectors of this process keep (32 each)."""
        chosen = trees_of_process() if trees is None else list(trees)
        timed = _measure([tree.entries for tree in chosen])
        operations = _operations(timed)
        bottlenecks, limits = _on_path(operations), settings.in_force()
        slow = sorted(_at_least(timed.entries, limits.slow_operation_ms), key=_length_ms, reverse=True)
        return OptimizationReport(
            executions=len(chosen),
            total_ms=sum(timed.owned_ns) / 1e6,
            by_category=_aggregate(timed, [entry.category for entry in timed.entries]),
            by_agent=_aggregate(timed, _agents(timed)),
            bottlenecks=bottlenecks,
            slowest=sorted(operations, key=lambda one: -one.self_ms)[:MOST_OPERATIONS],
            slow=slow,
            critical=_at_least(slow, limits.critical_operation_ms),
            opportunities=[_sentence(one) for one in bottlenecks[:MOST_OPPORTUNITIES]],
        )


class _Timed(NamedTuple):
    """Entries by position, their forest, and the nanoseconds of each: of the wall time, by itself, on the path."""

    entries: list[TimingEntry]
    tree: Tree
    owned_ns: list[int]
    self_ns: list[int]
    critical_ns: list[int]


def _keyed(entries: Iterable[TimingEntry]) -> dict[str, TimingEntry]:
    """Entries by id; those without one, put together by hand, by a name of their own."""
    return {entry.id or f"entry {position}": entry for position, entry in enumerate(entries)}


def _measure(trees: Sequence[Mapping[str, TimingEntry]]) -> _Timed:
    """Every tree's entries in one forest. What still runs ends, for now, with the last thing known of its tree."""
    ids: list[str] = []
    parents: list[str | None] = []
    starts: list[int] = []
    ends: list[int] = []
    entries: list[TimingEntry] = []
    for number, tree in enumerate(trees):
        times = [_times(entry) for entry in tree.values()]
        last = max((moment for time in times for moment in time if moment is not None), default=0)
        for (name, entry), (start, end) in zip(tree.items(), times, strict=True):
            ids.append(f"{number} {name}")
            parents.append(None if entry.parent_id is None else f"{number} {entry.parent_id}")
            starts.append(start)
            ends.append(last if end is None else end)
            entries.append(entry)
    forest = grow_tree(ids, parents, starts, ends)
    owned_ns, critical_ns = [0] * len(ids), [0] * len(ids)
    for root in forest.roots:
        path = find_critical_path(forest, root)
        for stretch in path:
            critical_ns[stretch.node] += stretch.duration_ns
        for stretch in split_wall_time(forest, root, path):
            owned_ns[stretch.node] += stretch.duration_ns
    return _Timed(entries, forest, owned_ns, measure_self_times(forest), critical_ns)


def _times(entry: TimingEntry) -> tuple[int, int | None]:
    start, length_ms = round(entry.start_time * 1e9), duration_ms_of(entry)
    return start, None if length_ms is None else start + max(0, round(length_ms * 1e6))


def _agents(timed: _Timed) -> list[str]:
    found = [UNKNOWN_AGENT] * len(timed.entries)
    for node in timed.tree.order:  # parents before their children
        entry, parent = timed.entries[node], timed.tree.parents[node]
        told = entry.metadata.get("agent_name")
        if told is not None:
            found[node] = str(told)
        elif entry.category == Category.AGENT:
            found[node] = entry.operation
        elif parent != NO_PARENT:
            found[node] = found[parent]
    return found


def _grouped(keys: Iterable[Hashable]) -> dict[Any, list[int]]:
    """The positions of each key."""
    groups: dict[Any, list[int]] = {}
    for node, key in enumerate(keys):
        groups.setdefault(key, []).append(node)
    return groups


def _aggregate(timed: _Timed, keys: Sequence[str]) -> dict[str, AggregateStats]:
    found = {str(key): _stats(timed, nodes) for key, nodes in _grouped(keys).items()}
    return dict(sorted(found.items(), key=lambda item: (-item[1].share, -item[1].self_ms, item[0])))


def _stats(timed: _Timed, nodes: Sequence[int]) -> AggregateStats:
    entries = [timed.entries[node] for node in nodes]
    lengths = sorted(length for entry in entries if (length := duration_ms_of(entry)) is not None)
    whole_ns = sum(timed.owned_ns)
    return AggregateStats(
        count=len(entries),
        running=len(entries) - len(lengths),
        failed=sum("error" in entry.metadata for entry in entries),
        share=sum(timed.owned_ns[node] for node in nodes) / whole_ns if whole_ns else 0.0,
        self_ms=sum(timed.self_ns[node] for node in nodes) / 1e6,
        summed_ms=sum(lengths),
        mean_ms=sum(lengths) / len(lengths) if lengths else None,
        p50_ms=_quantile(lengths, 50),
        p95_ms=_quantile(lengths, 95),
        p99_ms=_quantile(lengths, 99),
        min_ms=lengths[0] if lengths else None,
        max_ms=lengths[-1] if lengths else None,
    )


def _quantile(ordered: Sequence[float], percent: int) -> float | None:
    """Interpolated between neighbours, as the store's `@quantile`."""
    if len(ordered) < 2:
        return ordered[0] if ordered else None
    return quantiles(ordered, n=100, method="inclusive")[percent - 1]


def _operations(timed: _Timed) -> list[Bottleneck]:
    """Every operation by its name and category, the one with the largest part of the critical path first."""
    path_ns = sum(timed.critical_ns)
    found = [
        Bottleneck(
            operation=operation,
            category=category,
            share=sum(timed.critical_ns[node] for node in nodes) / path_ns if path_ns else 0.0,
            critical_ms=sum(timed.critical_ns[node] for node in nodes) / 1e6,
            self_ms=sum(timed.self_ns[node] for node in nodes) / 1e6,
            count=len(nodes),
            longest_ms=max(_length_ms(timed.entries[node]) for node in nodes),
        )
        for (operation, category), nodes in _grouped(
            (one.operation, str(one.category)) for one in timed.entries
        ).items()
    ]
    return sorted(found, key=lambda one: (-one.critical_ms, one.operation, one.category))


def _on_path(operations: Iterable[Bottleneck]) -> list[Bottleneck]:
    return [one for one in operations if one.critical_ms > 0]


def _at_least(entries: Iterable[TimingEntry], limit_ms: float) -> list[TimingEntry]:
    return [entry for entry in entries if _length_ms(entry) >= limit_ms]


def _length_ms(entry: TimingEntry) -> float:
    return duration_ms_of(entry) or 0.0


def _sentence(one: Bottleneck) -> str:
    return (
        f"{one.operation} ({one.category}): {share_text(one.share)} of the critical path, "
        f"{duration_text(one.critical_ms * 1e6)} in {counted(one.count, 'call')}"
    )
