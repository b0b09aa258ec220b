"""Document 0, the timing architecture: its snippets about collecting times, against a real server."""

import ast
import asyncio
import dataclasses
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Optional

import pytest

import longpole
from longpole import ExecutionTimingCollector, ExecutionTimingTree, SupervisorAgent, TimingEntry, timing_step
from longpole.settings import child_environment
from spec.snippets import run_snippet

ROOT = Path(__file__).parents[2]

STRUCTURES = """
@dataclass
class TimingEntry:
    \"\"\"Single timing measurement.\"\"\"
    operation: str          # e.g., "triage_agent.llm_call"
    category: str           # e.g., "llm", "database", "processing"
    start_time: float
    end_time: Optional[float]
    duration_ms: Optional[float]
    metadata: Dict[str, Any]   # agent_name, step_name, etc.
    parent_id: Optional[str]   # For hierarchical tracking

@dataclass
class ExecutionTimingTree:
    \"\"\"Hierarchical execution timing structure.\"\"\"
    root_id: str               # Top-level execution ID
    entries: Dict[str, TimingEntry]
    children: Dict[str, List[str]]  # parent_id -> child_ids
"""

DECORATOR = """
@timing_step("llm_call", category="llm")
async def process_with_llm(self, prompt: str):
    # Automatically timed and reported
    pass
"""

SUB_AGENT = """
class BaseSubAgent:
    def __init__(self):
        self.timing_collector = ExecutionTimingCollector()

    @contextmanager
    def time_step(self, step_name: str, category: str):
        \"\"\"Context manager for timing steps.\"\"\"
        entry = self.timing_collector.start_timing(step_name, category)
        try:
            yield
        finally:
            self.timing_collector.end_timing(entry)
"""

SUPERVISOR = """
class SupervisorAgent:
    async def execute_pipeline(self):
        with self.timing_collector.time_execution("pipeline"):
            for step in steps:
                with self.timing_collector.time_step(f"step_{step.name}"):
                    await self.execute_step(step)
"""


def shape(tree: ExecutionTimingTree | None) -> list[tuple[int, str]]:
    assert tree is not None
    return [(depth, entry.operation) for depth, entry in tree.walk()]


def shown(tree: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Name, category and name of the parent of each step that the server shows."""
    names = {step["step_id"]: step["name"] for step in tree["steps"]}
    names |= {node["span_id"]: node["agent"] for node in tree["executions"]}
    return [(step["name"], step["category"], names.get(step["parent_step_id"])) for step in tree["steps"]]


@pytest.mark.parametrize("ours", [TimingEntry, ExecutionTimingTree])
def test_the_structures_have_the_fields_of_the_document_in_its_order(ours: Any) -> None:
    classes = [node for node in ast.parse(textwrap.dedent(STRUCTURES)).body if isinstance(node, ast.ClassDef)]
    document = next(node for node in classes if node.name == ours.__name__)
    fields = [node.target.id for node in document.body if isinstance(node, ast.AnnAssign)]  # pyright: ignore
    assert [field.name for field in dataclasses.fields(ours)][: len(fields)] == fields


def test_the_structures_take_what_the_document_puts_into_them() -> None:
    theirs = run_snippet(STRUCTURES, dataclass=dataclasses.dataclass, Any=Any, Dict=dict, List=list, Optional=Optional)
    values = ("triage_agent.llm_call", "llm", 1.0, 1.5, 500.0, {"agent_name": "triage"}, None)
    entry, other = TimingEntry(*values), theirs["TimingEntry"](*values)
    assert dataclasses.asdict(entry).items() >= dataclasses.asdict(other).items()
    tree = ExecutionTimingTree("root", {"root": entry}, {"root": []})
    assert tree.root is entry


def test_the_decorator_times_and_reports(recorded: Any) -> None:
    process = run_snippet(DECORATOR, timing_step=timing_step)["process_with_llm"]
    with longpole.ExecutionContext("triage"):
        asyncio.run(process(object(), "hello"))
    assert shown(recorded.settled("triage")) == [("llm_call", "llm", "triage")]


def test_the_sub_agent_of_the_document_times_its_steps(recorded: Any) -> None:
    snippet = run_snippet(SUB_AGENT, contextmanager=contextmanager, ExecutionTimingCollector=ExecutionTimingCollector)
    agent = snippet["BaseSubAgent"]()
    with agent.time_step("triage", "processing"), agent.time_step("query", "database"):
        pass
    assert shape(agent.timing_collector.last_tree) == [(0, "triage"), (1, "query")]
    tree = recorded.settled("triage")
    assert tree["execution"]["execution_id"] == agent.timing_collector.last_tree.root_id
    assert shown(tree) == [("query", "database", "triage")]


def test_the_sub_agent_of_the_document_needs_no_server() -> None:
    snippet = run_snippet(SUB_AGENT, contextmanager=contextmanager, ExecutionTimingCollector=ExecutionTimingCollector)
    agent = snippet["BaseSubAgent"]()
    with agent.time_step("triage", "processing"):
        pass
    tree = agent.timing_collector.last_tree
    assert shape(tree) == [(0, "triage")]
    assert tree.root.duration_ms > 0


def test_the_supervisor_of_the_document_times_its_pipeline(recorded: Any) -> None:
    steps = [SimpleNamespace(name="plan"), SimpleNamespace(name="write")]
    done: list[str] = []

    async def execute_step(self: Any, step: Any) -> None:
        done.append(step.name)

    snippet = run_snippet(SUPERVISOR, steps=steps)
    members = {"execute_step": execute_step, "timing_collector": ExecutionTimingCollector()}
    supervisor = type("Supervisor", (snippet["SupervisorAgent"],), members)()
    asyncio.run(supervisor.execute_pipeline())
    assert done == ["plan", "write"]
    expected = [(0, "pipeline"), (1, "step_plan"), (1, "step_write")]
    assert shape(supervisor.timing_collector.last_tree) == expected
    tree = recorded.settled("pipeline")
    assert shown(tree) == [("step_plan", "processing", "pipeline"), ("step_write", "processing", "pipeline")]


def test_our_supervisor_gives_the_same_tree_to_the_program_and_to_the_server(recorded: Any) -> None:
    class Step(longpole.BaseSubAgent):
        name = "plan"

        async def run(self) -> str:
            with self.time_step("ask", "llm"):
                return "a plan"

    supervisor = SupervisorAgent()
    assert asyncio.run(supervisor.execute_pipeline([Step()])) == ["a plan"]
    inside = supervisor.timing_collector.last_tree
    assert inside is not None
    tree = recorded.settled("pipeline")
    assert tree["execution"]["execution_id"] == inside.root_id
    assert {step["step_id"] for step in tree["steps"]} == set(inside.entries) - {inside.root_id}
    durations = {step["step_id"]: step["duration_ns"] / 1e6 for step in tree["steps"]}
    for step_id, duration_ms in durations.items():
        assert inside.entries[step_id].duration_ms == pytest.approx(duration_ms, abs=1e-3)


def test_the_example_pipeline_prints_where_the_time_went(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "supervisor_pipeline.py")],
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(tmp_path)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for expected in ("pipeline  (agent)", "step_research", "read the archive  (database)", "draft  (llm)"):
        assert expected in done.stdout
