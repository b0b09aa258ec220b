"""The aggregator's arithmetic: every moment once, the critical path decides, odd trees do no harm."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import longpole
from execution_trees import trees
from longpole import ExecutionTimingTree, TimingAggregator, TimingEntry
from longpole.model.tree import Tree


def entry(
    name: str, start: float, end: float | None, parent: str | None = None, category: str = "processing", **metadata: Any
) -> TimingEntry:
    """An entry with times in seconds, whose id is its name."""
    length_ms = None if end is None else (end - start) * 1e3
    return TimingEntry(name, category, 1000.0 + start, None, length_ms, metadata, parent, name)


def tree_of(*entries: TimingEntry) -> ExecutionTimingTree:
    tree = ExecutionTimingTree(entries[0].id)
    for one in entries:
        tree.add(one)
    return tree


PARALLEL = (
    entry("run", 0, 10, category="agent"),
    entry("ask", 1, 7, "run", "llm"),
    entry("request", 2, 6, "ask", "http"),
    entry("query", 1, 4, "run", "database"),
    entry("write", 7, 9, "run"),
)


def test_shares_add_up_to_one_where_plain_sums_count_twice() -> None:
    found = TimingAggregator.aggregate_by_category(PARALLEL)
    assert sum(stats.share for stats in found.values()) == pytest.approx(1)
    assert sum(stats.summed_ms for stats in found.values()) == 25_000
    assert found["llm"].summed_ms == 6000
    assert (found["llm"].self_ms, found["llm"].share) == (2000, pytest.approx(0.2))


def test_what_ran_beside_something_longer_has_self_time_and_no_share() -> None:
    query = TimingAggregator.aggregate_by_category(PARALLEL)["database"]
    assert (query.self_ms, query.share) == (3000, 0)


def test_groups_come_with_the_largest_share_first() -> None:
    assert next(iter(TimingAggregator.aggregate_by_category(PARALLEL))) == "http"


def test_percentiles_are_of_single_entries() -> None:
    entries = [entry(f"s{n}", n, n + (n + 1) / 10) for n in range(5)]
    stats = TimingAggregator.aggregate_by_category(entries)["processing"]
    assert (stats.count, stats.min_ms, stats.max_ms) == (5, pytest.approx(100), pytest.approx(500))
    assert (stats.mean_ms, stats.p50_ms) == (pytest.approx(300), pytest.approx(300))
    assert stats.p95_ms == pytest.approx(480)


def test_a_single_entry_is_its_own_percentiles() -> None:
    stats = TimingAggregator.aggregate_by_category([entry("s", 0, 1)])["processing"]
    assert stats.p50_ms == stats.p99_ms == stats.mean_ms == 1000


def test_no_entries_give_no_groups() -> None:
    assert TimingAggregator.aggregate_by_category([]) == {}
    assert TimingAggregator.aggregate_by_agent([]) == {}


def test_an_entry_belongs_to_the_agent_that_is_named_or_around_it() -> None:
    found = TimingAggregator.aggregate_by_agent(
        [
            entry("run", 0, 10, category="agent"),
            entry("ask", 1, 2, "run"),
            entry("called", 2, 8, "run", "agent"),
            entry("look", 3, 4, "called"),
            entry("told", 4, 5, "called", agent_name="other"),
            entry("below", 4, 5, "told"),
            entry("stray", 20, 21),
        ]
    )
    counts = {agent: stats.count for agent, stats in found.items()}
    assert counts == {"run": 2, "called": 2, "other": 2, "unknown": 1}


def test_bottlenecks_are_ranked_by_their_part_of_the_critical_path() -> None:
    found = TimingAggregator.identify_bottlenecks(tree_of(*PARALLEL))
    ranked = [(one.operation, round(one.share, 6)) for one in found]
    assert ranked == [("request", 0.4), ("ask", 0.2), ("run", 0.2), ("write", 0.2)]
    assert found[0].critical_ms == 4000


def test_entries_of_one_operation_are_one_bottleneck() -> None:
    steps = [entry(f"s{n}", n, n + 1, "run") for n in range(4)]
    for step in steps:
        step.operation = "embed"
    (first, *_) = TimingAggregator.identify_bottlenecks(tree_of(entry("run", 0, 4, category="agent"), *steps))
    assert (first.operation, first.count, first.share, first.longest_ms) == ("embed", 4, 1, 1000)


def test_what_still_runs_counts_up_to_the_last_thing_known() -> None:
    found = TimingAggregator.aggregate_by_category([entry("run", 0, None), entry("ask", 1, 3, "run", "llm")])
    assert (found["processing"].running, found["processing"].mean_ms) == (1, None)
    assert found["processing"].self_ms == 1000
    assert found["llm"].share == pytest.approx(2 / 3)


def test_entries_put_together_by_hand_need_neither_ids_nor_lengths() -> None:
    by_hand = [TimingEntry("a", "llm", 1.0, 2.0), TimingEntry("b", "tool", 2.0, 5.0)]
    found = TimingAggregator.aggregate_by_category(by_hand)
    assert (found["tool"].mean_ms, found["llm"].mean_ms) == (3000, 1000)
    assert found["tool"].share == pytest.approx(0.75)


def test_failures_are_counted() -> None:
    found = TimingAggregator.aggregate_by_category([entry("a", 0, 1, error="ValueError('no')"), entry("b", 1, 2)])
    assert found["processing"].failed == 1


def test_a_report_of_two_trees_adds_them_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(longpole.settings, "_chosen", longpole.settings.load(slow_operation_ms=4000))
    twice = [tree_of(*PARALLEL), tree_of(*PARALLEL)]
    report = TimingAggregator.generate_optimization_report(twice)
    assert (report.executions, report.total_ms) == (2, 20_000)
    assert [one.operation for one in report.bottlenecks] == ["request", "ask", "run", "write"]
    assert report.bottlenecks[0].critical_ms == 8000
    assert [one.operation for one in report.slow] == ["run", "run", "ask", "ask", "request", "request"]
    assert [one.operation for one in report.critical] == ["run", "run", "ask", "ask"]
    assert report.slowest[0].operation == "request"
    assert str(report).replace("\u202f", " ").splitlines()[:2] == [
        "2 executions, 20.0 s",
        "request (http): 40.0 % of the critical path, 8.00 s in 2 calls",
    ]


def test_a_report_of_nothing_is_empty() -> None:
    report = TimingAggregator.generate_optimization_report([])
    assert (report.executions, report.total_ms, report.bottlenecks, report.opportunities) == (0, 0, [], [])


def entries_of(tree: Tree) -> list[TimingEntry]:
    """The same tree as entries: milliseconds for nanoseconds."""
    return [
        TimingEntry(
            f"s{node % 3}",
            ("llm", "tool")[node % 2],
            tree.starts[node] / 1e3,
            None,
            float(tree.ends[node] - tree.starts[node]),
            {},
            tree.ids[tree.parents[node]] if node else None,
            tree.ids[node],
        )
        for node in range(len(tree))
    ]


@given(trees(), st.randoms(use_true_random=False))
def test_of_any_tree_shares_add_up_and_the_path_is_as_long_as_the_whole(tree: Tree, chance: Any) -> None:
    entries = entries_of(tree)
    whole_ms = entries[0].duration_ms or 0.0
    chance.shuffle(entries)
    stats = TimingAggregator.aggregate_by_category(entries)
    assert sum(one.share for one in stats.values()) == pytest.approx(1 if whole_ms else 0)
    timings = ExecutionTimingTree(tree.ids[0], {one.id: one for one in entries})
    found = TimingAggregator.identify_bottlenecks(timings)
    assert sum(one.critical_ms for one in found) == pytest.approx(whole_ms)
    assert sum(one.share for one in found) == pytest.approx(1 if whole_ms else 0)
