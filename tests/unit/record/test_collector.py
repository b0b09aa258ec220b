"""The collector's tree can be read in the program, with and without recording."""

import asyncio
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import longpole
from longpole import BaseSubAgent, ExecutionTimingCollector, ExecutionTimingTree, SupervisorAgent, TimingEntry
from longpole.record import collector as collector_module
from longpole.wire import longpole_names as names


def entry(entry_id: str, start: float, duration_ms: float, parent: str | None = None, **more: Any) -> TimingEntry:
    return TimingEntry(
        operation=entry_id,
        category=more.get("category", "processing"),
        start_time=start,
        end_time=start + duration_ms / 1e3,
        duration_ms=duration_ms,
        metadata={},
        parent_id=parent,
        id=entry_id,
    )


def tree_of(*entries: TimingEntry) -> ExecutionTimingTree:
    tree = ExecutionTimingTree(entries[0].id)
    for each in entries:
        tree.add(each)
    return tree


def shape(tree: ExecutionTimingTree | None) -> list[tuple[int, str]]:
    assert tree is not None
    return [(depth, each.operation) for depth, each in tree.walk()]


def test_without_configure_the_tree_is_there_and_nothing_is_recorded() -> None:
    collector = ExecutionTimingCollector()
    with collector.time_execution("pipeline"):
        with collector.time_step("load", "database", rows=3):
            pass
        with collector.time_step("think", category="llm"), collector.time_step("parse"):
            pass
    tree = collector.last_tree
    assert shape(tree) == [(0, "pipeline"), (1, "load"), (1, "think"), (2, "parse")]
    assert tree is not None
    assert tree.root.category == "agent"
    load = tree.entries[tree.children[tree.root_id][0]]
    assert (load.category, load.metadata, load.parent_id) == ("database", {"rows": 3}, tree.root_id)
    assert load.duration_ms is not None
    assert load.end_time == pytest.approx(load.start_time + load.duration_ms / 1e3, abs=1e-6)
    assert tree.total_ms == tree.root.duration_ms


def test_what_is_timed_is_recorded_under_the_same_ids(recorded: Any) -> None:
    collector = ExecutionTimingCollector()
    with collector.time_execution("pipeline"), collector.time_step("load", "database", rows=3):

        @longpole.timing_step
        def query() -> None: ...

        query()
    tree = collector.last_tree
    assert tree is not None
    pipeline, load = recorded.span("pipeline"), recorded.span("load")
    assert pipeline.attributes[names.KIND] == "agent"
    assert tree.root_id == pipeline.trace_id + pipeline.span_id
    assert tree.children[tree.root_id] == [load.span_id]
    assert (load.attributes[names.CATEGORY], load.attributes["rows"]) == ("database", 3)
    assert load.attributes["code.file.path"] == __file__
    assert recorded.parent_of("load") == "pipeline"
    assert recorded.parent_of("query") == "load"
    duration_ms = tree.entries[load.span_id].duration_ms
    assert duration_ms == pytest.approx((load.ended_ns - load.started_ns) / 1e6)


def test_start_and_end_may_stand_apart(recorded: Any) -> None:
    collector = ExecutionTimingCollector()
    outer = collector.start_timing("outer")
    inner = collector.start_timing("inner", "llm", model="m")
    assert inner.duration_ms is None
    assert inner.end_time is None
    collector.end_timing(inner)
    first = inner.duration_ms
    collector.end_timing(inner)
    collector.end_timing(outer)
    assert inner.duration_ms == first
    assert shape(collector.last_tree) == [(0, "outer"), (1, "inner")]
    assert recorded.parent_of("inner") == "outer"


def test_an_exception_ends_the_entry_and_goes_on(recorded: Any) -> None:
    collector = ExecutionTimingCollector()
    with pytest.raises(ValueError, match="broken"), collector.time_step("load"):
        raise ValueError("broken")
    tree = collector.last_tree
    assert tree is not None
    assert tree.root.duration_ms is not None
    assert tree.root.metadata["error"] == "ValueError('broken')"
    assert recorded.span("load").status_code == 2


def test_tasks_and_threads_nest_where_they_belong() -> None:
    collector = ExecutionTimingCollector()

    def work(name: str) -> None:
        with collector.time_step(name):
            pass

    async def task(name: str) -> None:
        async with collector.time_step(name):
            await asyncio.sleep(0)
            await asyncio.to_thread(work, f"{name} in a thread")

    async def main() -> None:
        with collector.time_execution("pipeline"):
            await asyncio.gather(task("a"), task("b"))

    asyncio.run(main())
    assert sorted(shape(collector.last_tree)) == [
        (0, "pipeline"),
        (1, "a"),
        (1, "b"),
        (2, "a in a thread"),
        (2, "b in a thread"),
    ]
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work, "a thread of its own").result()
    assert shape(collector.last_tree) == [(0, "a thread of its own")]


def test_only_the_last_trees_are_kept() -> None:
    collector = ExecutionTimingCollector(keep=3)
    for number in range(10):
        with collector.time_step(f"run {number}"):
            pass
    assert [tree.root.operation for tree in collector.trees] == ["run 7", "run 8", "run 9"]


def test_a_tree_holds_a_limited_number_of_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector_module, "MOST_ENTRIES", 5)
    collector = ExecutionTimingCollector()
    with collector.time_step("loop"):
        for number in range(10):
            with collector.time_step(f"round {number}"), collector.time_step("inside"):
                pass
    tree = collector.last_tree
    assert tree is not None
    assert len(tree.entries) == 5
    assert tree.left_out == 16
    assert str(tree).endswith("16 entries are left out")


def test_entries_that_nobody_ends_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector_module, "MOST_ENTRIES", 5)
    collector = ExecutionTimingCollector()
    for _ in range(50):
        collector.start_timing("forgotten")
    assert len(collector._open) <= 5
    collector_module._here.set(None)


def test_parts_that_time_themselves_join_one_tree() -> None:
    class Writer(BaseSubAgent):
        name = "writer"

        async def run(self) -> str:
            async with self.time_step("draft", "llm"):
                return "text"

    writer, supervisor = Writer(), SupervisorAgent()
    assert asyncio.run(supervisor.execute_pipeline([writer, lambda: 7])) == ["text", 7]
    expected = [(0, "pipeline"), (1, "step_writer"), (2, "draft"), (1, "step_<lambda>")]
    assert shape(supervisor.timing_collector.last_tree) == expected
    assert writer.timing_collector.last_tree is supervisor.timing_collector.last_tree


def test_an_agent_with_an_init_of_its_own_has_a_collector_too() -> None:
    class Reader(BaseSubAgent):
        def __init__(self) -> None:
            self.pages = 3

    assert Reader().timing_collector is not Reader().timing_collector


def test_steps_may_be_run_in_another_way() -> None:
    class Doubling(SupervisorAgent):
        async def execute_step(self, step: Any) -> Any:
            return step * 2

    assert asyncio.run(Doubling().execute_pipeline([1, 2], name="numbers")) == [2, 4]


def test_self_time_counts_what_ran_at_the_same_time_once() -> None:
    tree = tree_of(
        entry("root", 0.0, 100.0),
        entry("a", 0.010, 40.0, "root", category="llm"),
        entry("b", 0.030, 40.0, "root", category="llm"),
        entry("late", 0.090, 50.0, "root", category="tool"),
    )
    assert tree.self_ms("root") == pytest.approx(100 - 60 - 10)
    assert tree.self_ms("a") == 40
    assert tree.self_ms_by_category() == {"llm": 80, "tool": 50, "processing": pytest.approx(30)}


def test_self_times_of_entries_in_a_row_add_up_to_the_total() -> None:
    tree = tree_of(
        entry("root", 0.0, 100.0),
        entry("a", 0.0, 40.0, "root"),
        entry("b", 0.04, 30.0, "root"),
        entry("c", 0.05, 5, "b"),
    )
    assert sum(tree.self_ms_by_category().values()) == pytest.approx(100)


def test_a_tree_reads_as_text() -> None:
    text = str(tree_of(entry("root", 0.0, 100.0), entry("ask", 0.01, 40.0, "root", category="llm")))
    assert text == "     100.0 ms  root  (processing)\n      40.0 ms    ask  (llm)"


def test_times_of_day_are_in_utc_and_entries_become_dictionaries() -> None:
    before = datetime.now(UTC)
    collector = ExecutionTimingCollector()
    with collector.time_step("load") as timed:
        assert timed.ended_at is None
    assert before - timedelta(seconds=1) < timed.started_at < datetime.now(UTC) + timedelta(seconds=1)
    assert timed.ended_at is not None
    assert set(dataclasses.asdict(timed)) == {
        "operation", "category", "start_time", "end_time", "duration_ms", "metadata", "parent_id", "id"
    }  # fmt: skip


def test_below_what_sampling_left_out_the_tree_is_still_there(record_with: Any) -> None:
    recorded = record_with(sampling_rate=0.0)
    collector = ExecutionTimingCollector()
    with collector.time_execution("pipeline"), collector.time_step("load"):
        pass
    assert shape(collector.last_tree) == [(0, "pipeline"), (1, "load")]
    assert recorded.spans == []
