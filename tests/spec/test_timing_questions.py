"""Document 0, the timing architecture: its classes that sum up and keep timings, against a real server."""

import ast
import asyncio
import inspect
import textwrap
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import longpole
from longpole import (
    ExecutionTimingCollector,
    ExecutionTimingTree,
    TimingAggregator,
    TimingEntry,
    TimingFilters,
    TimingPersistence,
)
from longpole.model.clock import now_ns
from longpole.model.errors import InvalidInput, SettingsError

AGGREGATOR = """
class TimingAggregator:
    def aggregate_by_category(entries: List[TimingEntry]) -> Dict[str, AggregateStats]
    def aggregate_by_agent(entries: List[TimingEntry]) -> Dict[str, AggregateStats]
    def identify_bottlenecks(tree: ExecutionTimingTree) -> List[Bottleneck]
    def generate_optimization_report() -> OptimizationReport
"""

PERSISTENCE = """
class TimingPersistence:
    async def store_execution_timing(tree: ExecutionTimingTree)
    async def query_historical_timings(filters: TimingFilters) -> List[ExecutionTimingTree]
    async def get_trend_analysis(operation: str, days: int) -> TrendData
"""


def documented(text: str) -> ast.ClassDef:
    """The class of a block, whose methods have no bodies there."""
    lines = [f"{line}: ..." if line.lstrip().startswith(("def", "async")) else line for line in text.splitlines()]
    (found,) = ast.parse(textwrap.dedent("\n".join(lines))).body
    assert isinstance(found, ast.ClassDef)
    return found


def names_in(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def pipeline(
    seconds: float = 10.0, ago: timedelta = timedelta(minutes=1), name: str = "pipeline"
) -> ExecutionTimingTree:
    """A pipeline that asks a model for half of its time, while a query runs, then writes for a fifth."""
    start = now_ns() / 1e9 - ago.total_seconds()

    def entry(operation: str, category: str, begin: float, end: float, parent: str | None = "top") -> TimingEntry:
        began, ended = start + begin * seconds, start + end * seconds
        return TimingEntry(operation, category, began, ended, (end - begin) * seconds * 1e3, {}, parent)

    entries = {
        "top": entry(name, "agent", 0.0, 1.0, None),
        "ask": entry("ask", "llm", 0.1, 0.6),
        "query": entry("query", "database", 0.15, 0.35),
        "write": entry("write", "processing", 0.6, 0.8),
    }
    children = {"top": ["ask", "query", "write"]}
    return ExecutionTimingTree("top", entries, children)


@pytest.mark.parametrize(("text", "ours"), [(AGGREGATOR, TimingAggregator), (PERSISTENCE, TimingPersistence)])
def test_the_classes_have_the_methods_of_the_document(text: str, ours: Any) -> None:
    for method in documented(text).body:
        assert isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
        own = getattr(ours, method.name)
        assert inspect.iscoroutinefunction(own) == isinstance(method, ast.AsyncFunctionDef)
        own_parameters = inspect.signature(own).parameters
        assert list(own_parameters)[: len(method.args.args)] == [argument.arg for argument in method.args.args]
        rest = list(own_parameters.values())[len(method.args.args) :]
        assert all(parameter.default is not inspect.Parameter.empty for parameter in rest)
        ours_named = names_in(method) - {"List", "Dict", "str", "int"}
        assert ours_named <= set(longpole.__all__)


@pytest.mark.parametrize("aggregator", [TimingAggregator, TimingAggregator()])
def test_the_aggregator_answers_as_the_document_writes_it(aggregator: Any) -> None:
    tree = pipeline()
    by_category = aggregator.aggregate_by_category(list(tree.entries.values()))
    assert set(by_category) == {"agent", "llm", "database", "processing"}
    assert all(type(stats) is longpole.AggregateStats for stats in by_category.values())
    by_agent = aggregator.aggregate_by_agent(list(tree.entries.values()))
    assert set(by_agent) == {"unknown", "pipeline"}
    first, *_ = aggregator.identify_bottlenecks(tree)
    assert type(first) is longpole.Bottleneck
    assert (first.operation, first.share) == ("ask", pytest.approx(0.5))


def test_the_report_of_the_document_covers_what_this_process_has_timed() -> None:
    collector = ExecutionTimingCollector()
    with collector.time_execution("reporter"), collector.time_step("look", "database"):
        pass
    report = TimingAggregator.generate_optimization_report()
    assert type(report) is longpole.OptimizationReport
    assert "reporter" in report.by_agent


def test_a_stored_timing_is_an_execution_like_every_other(recorded: Any) -> None:
    execution_id = asyncio.run(TimingPersistence.store_execution_timing(pipeline()))
    tree = recorded.settled("pipeline")
    assert tree["execution"]["execution_id"] == execution_id
    assert tree["duration_ns"] == pytest.approx(10e9, abs=1000)
    assert {(step["name"], step["category"]) for step in tree["steps"]} == {
        ("ask", "llm"),
        ("query", "database"),
        ("write", "processing"),
    }


def test_what_was_stored_is_found_as_the_tree_that_it_was(recorded: Any) -> None:
    stored = pipeline()
    asyncio.run(TimingPersistence().store_execution_timing(stored))
    asyncio.run(TimingPersistence.store_execution_timing(pipeline(1.0, timedelta(days=3), "older")))
    recorded.all_settled(2)
    filters = TimingFilters(since=datetime.now(UTC) - timedelta(hours=1))
    (found,) = asyncio.run(TimingPersistence.query_historical_timings(filters))
    assert [(depth, entry.operation, entry.category) for depth, entry in found.walk()] == [
        (0, "pipeline", "agent"),
        (1, "ask", "llm"),
        (1, "query", "database"),
        (1, "write", "processing"),
    ]
    for entry in found.entries.values():
        before = next(one for one in stored.entries.values() if one.operation == entry.operation)
        assert entry.duration_ms == pytest.approx(before.duration_ms, abs=1e-3)
        assert entry.start_time == pytest.approx(before.start_time, abs=1e-3)
    assert TimingAggregator.identify_bottlenecks(found)[0].operation == "ask"


def test_filters_find_by_agent_and_by_length(recorded: Any) -> None:
    for seconds in (1.0, 5.0):
        asyncio.run(TimingPersistence.store_execution_timing(pipeline(seconds, timedelta(seconds=60 * seconds))))
    recorded.all_settled(2)

    def lengths(**filters: Any) -> list[float]:
        found = asyncio.run(TimingPersistence.query_historical_timings(TimingFilters(**filters)))
        return [round(tree.total_ms or 0) for tree in found]

    assert lengths(agent="pipeline") == [1000, 5000]
    assert lengths(min_duration_ms=2000) == [5000]
    assert lengths(limit=1) == [1000]
    assert lengths(agent="nobody") == []


def test_a_tree_that_was_recorded_when_it_was_timed_is_there_once(recorded: Any) -> None:
    collector = ExecutionTimingCollector()
    with collector.time_execution("live"), collector.time_step("look", "database"):
        pass
    tree = collector.last_tree
    assert tree is not None
    assert asyncio.run(TimingPersistence.store_execution_timing(tree)) == tree.root_id
    assert asyncio.run(TimingPersistence.store_execution_timing(tree)) == tree.root_id
    shown = recorded.settled("live")
    assert (shown["execution"]["execution_id"], len(shown["steps"])) == (tree.root_id, 1)


def fail_inside(collector: ExecutionTimingCollector) -> None:
    with collector.time_execution("early"), collector.time_step("look", "database", table="claims"):
        raise ValueError("no rows")


def test_a_tree_that_was_timed_before_recording_began_keeps_its_ids(recorded: Any) -> None:
    longpole.shutdown()
    collector = ExecutionTimingCollector()
    with pytest.raises(ValueError, match="no rows"):
        fail_inside(collector)
    tree = collector.last_tree
    assert tree is not None
    with pytest.raises(SettingsError, match="recording is off"):
        asyncio.run(TimingPersistence.store_execution_timing(tree))
    recorded.configure()
    asyncio.run(TimingPersistence.store_execution_timing(tree))
    asyncio.run(TimingPersistence.store_execution_timing(tree))
    shown = recorded.settled("early")
    assert shown["execution"]["execution_id"] == tree.root_id
    assert (shown["execution"]["status"], shown["execution"]["error_type"]) == ("failed", "ValueError")
    (step,) = shown["steps"]
    assert step["step_id"] in tree.entries
    assert recorded.body(tree.root_id, step["step_id"])["attributes"]["table"] == "claims"


def test_a_tree_whose_root_runs_is_refused(recorded: Any) -> None:
    tree = pipeline()
    tree.root.duration_ms = tree.root.end_time = None
    with pytest.raises(InvalidInput, match="their root runs"):
        asyncio.run(TimingPersistence.store_execution_timing(tree))
    assert recorded.executions() == []


def test_the_trend_of_an_operation_has_a_point_for_each_day_on_which_it_ran(recorded: Any) -> None:
    async def store() -> None:
        for days, seconds in ((0, 2.0), (1, 1.0), (1, 3.0), (40, 9.0)):
            ago = timedelta(days=days, seconds=30 + seconds)
            await TimingPersistence.store_execution_timing(pipeline(seconds, ago))

    asyncio.run(store())
    recorded.all_settled(4)
    trend = asyncio.run(TimingPersistence.get_trend_analysis("ask", 30))
    assert type(trend) is longpole.TrendData
    assert (trend.operation, trend.days, trend.count, trend.change) == ("ask", 30, 3, None)
    assert sum(point.count for point in trend.points) == 3
    assert trend.p50_ms == pytest.approx(1000, rel=0.011)
    whole = asyncio.run(TimingPersistence.get_trend_analysis("pipeline", days=60))
    assert whole.count == 4


def test_the_trend_of_an_operation_that_never_ran_is_empty(recorded: Any) -> None:
    trend = asyncio.run(TimingPersistence.get_trend_analysis("nothing", days=7))
    assert (trend.count, trend.p50_ms, trend.points) == (0, None, [])
    assert recorded.executions() == []


def test_the_event_loop_goes_on_while_the_server_is_asked(recorded: Any) -> None:
    async def main() -> int:
        turns = 0
        asked = asyncio.create_task(TimingPersistence.query_historical_timings(TimingFilters()))
        while not asked.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(main()) > 10
    assert recorded.executions() == []
