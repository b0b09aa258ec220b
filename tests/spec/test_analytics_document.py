"""Document 1, the execution analytics: its tracking service, against a real server and without one."""

import ast
import asyncio
import dataclasses
import inspect
import logging
import subprocess
import sys
import textwrap
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import longpole
from longpole import ExecutionAnalytics, ExecutionAnalyticsService, ExecutionMetrics, ExecutionPatternAnalyzer, settings
from longpole.client.answers import DATABASE
from longpole.model.clock import now_ns
from longpole.model.errors import InvalidInput, ServerUnreachable
from longpole.record.told_executions import told_executions
from longpole.settings import child_environment
from longpole.ship.spool import spool_file
from longpole.store.store import open_store
from otlp_sink import spooled_bodies
from stored_executions import SECOND, Made

# The signatures of the document; its `start` has no defaults, and neither have ours for what it demands.
SERVICE = """
class ExecutionAnalyticsService:
    def __init__(self): ...
    async def track_execution_start(
        self, execution_id: str, agent_id: str, workspace_id: str, trigger_type: str, input_data: dict
    ): ...
    async def track_step_completion(
        self, execution_id: str, step_index: int, step_name: str, duration_ms: int, status: str,
        output: Optional[dict] = None
    ): ...
    async def track_execution_complete(
        self, execution_id: str, status: str, output_data: Optional[dict] = None, error: Optional[str] = None
    ): ...
    async def get_execution_analytics(self, agent_id: str, time_range: timedelta = timedelta(days=7)) -> Dict: ...
"""

METRICS = """
@dataclass
class ExecutionMetrics:
    execution_id: str
    agent_id: str
    status: str
    duration_ms: int
    credits_consumed: int
    success_rate: float
    error_rate: float
    avg_step_duration: float
"""

# What the statements of the document select.
STATISTICS = {
    "total_executions", "successful", "failed", "avg_duration", "median_duration", "p95_duration", "total_credits",
    "avg_credits",
}  # fmt: skip
PATTERNS = {"hour", "execution_count", "avg_duration"}
FAILURES = {"error_type", "count", "avg_duration_before_failure"}
AGENT = "claims-triage"


@pytest.fixture(autouse=True)
def nothing_told() -> None:
    """What other tests have told of is forgotten."""
    told_executions.reset_after_fork()


def class_of(text: str) -> ast.ClassDef:
    (found,) = ast.parse(textwrap.dedent(text)).body
    assert isinstance(found, ast.ClassDef)
    return found


def default_of(node: ast.expr | None) -> Any:
    return inspect.Parameter.empty if node is None else eval(ast.unparse(node), {"timedelta": timedelta})


def documented(method: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, Any]:
    names = [one.arg for one in method.args.args if one.arg != "self"]
    defaults = [None] * (len(names) - len(method.args.defaults)) + list(method.args.defaults)
    return {name: default_of(node) for name, node in zip(names, defaults, strict=True)}


def test_the_methods_have_the_names_parameters_and_defaults_of_the_document() -> None:
    for method in class_of(SERVICE).body:
        assert isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)
        own = getattr(ExecutionAnalyticsService, method.name)
        assert inspect.iscoroutinefunction(own) == isinstance(method, ast.AsyncFunctionDef)
        given = dict(list(inspect.signature(own).parameters.items())[1:])
        expected = documented(method)
        assert list(given)[: len(expected)] == list(expected) or method.name == "__init__"
        for name, default in expected.items():
            assert given[name].default in (default, None)
        rest = [one for name, one in given.items() if name not in expected and method.name != "__init__"]
        assert all(one.kind is one.KEYWORD_ONLY and one.default is not one.empty for one in rest)


def test_the_metrics_have_the_fields_of_the_document_in_its_order() -> None:
    expected = [node.target.id for node in class_of(METRICS).body if isinstance(node, ast.AnnAssign)]  # pyright: ignore[reportAttributeAccessIssue]
    assert [field.name for field in dataclasses.fields(ExecutionMetrics)] == expected


async def tell(execution_id: str, *, fails: bool = False, workspace: str | None = None) -> None:
    """One execution of two steps; of one that fails the second step did."""
    service = ExecutionAnalyticsService()
    await service.track_execution_start(execution_id, AGENT, workspace, "api", {"claim": execution_id, "pages": 3})
    await service.track_step_completion(execution_id, 0, "load policy", 20, "success", {"rows": 2}, category="database")
    await asyncio.sleep(0)  # others have their turn
    status = "failed" if fails else "success"
    error = "TimeoutError: no answer in 900 ms" if fails else None
    await service.track_step_completion(execution_id, 1, "ask", 30, status, error=error, category="llm")
    output = None if fails else {"decision": "pay"}
    await service.track_execution_complete(execution_id, status, output, error, credits_consumed=None if fails else 2.5)


def test_a_told_execution_is_an_execution_like_every_other(recorded: Any) -> None:
    name = str(uuid4())
    asyncio.run(tell(name, fails=True))
    tree = recorded.settled(AGENT)
    execution = tree["execution"]
    told = ("execution_id", "agent", "status", "trigger_type", "error_type", "steps_total", "steps_completed")
    assert [execution[field] for field in told] == [name, AGENT, "failed", "api", "TimeoutError", 2, 1]
    steps = {step["name"]: step for step in tree["steps"]}
    shown = {name: (one["category"], one["status"], one["duration_ns"]) for name, one in steps.items()}
    assert shown == {"load policy": ("database", "success", 20_000_000), "ask": ("llm", "failed", 30_000_000)}
    body = recorded.body(name, tree["executions"][0]["span_id"])
    assert body["input"] == {"claim": name, "pages": 3}


def test_what_came_out_is_kept(recorded: Any) -> None:
    asyncio.run(tell("order-1"))
    tree = recorded.settled(AGENT)
    assert tree["execution"]["credits"] == 2.5
    assert recorded.body("order-1", tree["executions"][0]["span_id"])["output"] == {"decision": "pay"}
    step = next(one for one in tree["steps"] if one["name"] == "load policy")
    assert recorded.body("order-1", step["step_id"])["output"] == {"rows": 2}


def test_many_tasks_tell_at_a_time_and_each_step_finds_its_execution(recorded: Any) -> None:
    async def main() -> None:
        await asyncio.gather(*(tell(f"order-{number}", fails=number % 3 == 0) for number in range(12)))

    asyncio.run(main())
    executions = recorded.all_settled(12)
    assert {one["execution_id"]: one["status"] for one in executions} == {
        f"order-{number}": "success" if number % 3 else "failed" for number in range(12)
    }
    assert {one["steps_total"] for one in executions} == {2}
    assert {one["parent_execution_id"] for one in executions} == {None}


def test_threads_tell_of_one_execution_and_no_step_is_lost(recorded: Any) -> None:
    service = ExecutionAnalyticsService()

    def tell_steps(first: int) -> None:
        for index in range(first, first + 25):
            asyncio.run(service.track_step_completion("shared", index, f"step {index}", 1, "success"))

    asyncio.run(service.track_execution_start("shared", AGENT, None, "scheduled"))
    threads = [threading.Thread(target=tell_steps, args=(first,)) for first in (0, 25, 50, 75)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(service.track_execution_complete("shared", "success"))
    tree = recorded.settled(AGENT)
    assert sorted(step["name"] for step in tree["steps"]) == sorted(f"step {index}" for index in range(100))


def test_a_start_without_an_end_shows_as_running(recorded: Any, wait: Any) -> None:
    service = ExecutionAnalyticsService()
    asyncio.run(service.track_execution_start("open", AGENT, None, "webhook", {"claim": "CLM-1"}))
    asyncio.run(service.track_step_completion("open", 0, "look", 10, "success"))
    found = wait(lambda: [one for one in recorded.executions() if one["steps_total"]], "the open execution")
    assert [(one["execution_id"], one["status"], one["duration_ns"]) for one in found] == [("open", "running", None)]
    active = service.active_executions["open"]
    assert (active.status, active.success_rate, active.error_rate, active.avg_step_duration) == ("running", 100, 0, 10)
    asyncio.run(service.track_execution_complete("open", "success"))
    assert service.active_executions == {}
    recorded.all_settled(1)


def test_an_end_and_a_step_without_a_start_are_reported_and_not_fatal(
    recorded: Any, caplog: pytest.LogCaptureFixture
) -> None:
    service = ExecutionAnalyticsService()
    with caplog.at_level(logging.WARNING, "longpole"):
        asyncio.run(service.track_execution_complete("nobody", "success"))
        asyncio.run(service.track_step_completion("nobody", 0, "look", 10, "success"))
    end, step = [text for record in caplog.records if "'nobody'" in (text := record.getMessage())]
    assert "The end of the execution 'nobody'" in end
    assert "The step 'look' of the execution 'nobody'" in step
    assert "track_execution_start" in step
    assert recorded.executions() == []


def test_what_makes_no_sense_is_reported_and_the_rest_is_kept(recorded: Any, caplog: pytest.LogCaptureFixture) -> None:
    service: Any = ExecutionAnalyticsService()

    async def main() -> None:
        await service.track_execution_start("odd", AGENT, None, "api", {"claim": "CLM-1"})
        await service.track_execution_start("odd", AGENT, None, "api", {"claim": "another"})
        await service.track_step_completion("odd", 0, "back in time", -5, "success")
        await service.track_step_completion("odd", 1, "who knows", None, "completed")
        await service.track_execution_complete("odd", "broken", error=ValueError("no rows"))

    with caplog.at_level(logging.WARNING, "longpole"):
        asyncio.run(main())
    messages = "\n".join(record.getMessage() for record in caplog.records)
    for part in ("'odd' of 'claims-triage' is started, and was so before", "-5", "'completed'", "'broken'"):
        assert part in messages
    tree = recorded.settled(AGENT)
    assert (tree["execution"]["status"], tree["execution"]["error_type"]) == ("failed", "ValueError")
    assert [(step["name"], step["status"]) for step in tree["steps"]] == [
        ("back in time", "success"),
        ("who knows", "success"),
    ]


def test_tracking_never_raises_into_the_agent(recorded: Any) -> None:
    class Hostile:
        def __str__(self) -> str:
            raise RuntimeError("no text")

        __repr__ = __str__

    service: Any = ExecutionAnalyticsService()

    async def main() -> None:
        await service.track_execution_start(Hostile(), Hostile(), Hostile(), Hostile(), Hostile())
        await service.track_execution_start("x", AGENT, None, None, {"a": Hostile()})
        await service.track_step_completion("x", Hostile(), Hostile(), Hostile(), Hostile(), Hostile())
        await service.track_execution_complete("x", Hostile(), Hostile(), Hostile(), credits_consumed=Hostile())
        await service.track_execution_complete("x", "success")

    asyncio.run(main())
    assert longpole.flush(10)
    assert recorded.executions() is not None


def test_a_step_that_is_told_after_the_end_still_belongs_to_its_execution(recorded: Any) -> None:
    async def main() -> None:
        await tell("early")
        await ExecutionAnalyticsService().track_step_completion("early", 2, "notify", 5, "success")

    asyncio.run(main())
    assert longpole.flush(10)
    steps = [step["name"] for step in recorded.settled(AGENT)["steps"]]
    assert sorted(steps) == ["ask", "load policy", "notify"]


def test_an_execution_that_is_started_by_an_agent_is_its_child(recorded: Any) -> None:
    @longpole.agent
    async def dispatcher() -> None:
        await tell("below")

    asyncio.run(dispatcher())
    executions = {one["agent"]: one for one in recorded.all_settled(2)}
    assert executions[AGENT]["parent_execution_id"] == executions["dispatcher"]["execution_id"]
    assert executions[AGENT]["execution_id"] == "below"


def test_an_id_of_ours_stays_the_id_of_the_trace_too(recorded: Any) -> None:
    name = "a1" * 24
    asyncio.run(tell(name))
    tree = recorded.settled(AGENT)
    assert (tree["execution"]["execution_id"], tree["execution"]["trace_id"]) == (name, name[:32])


def test_the_workspace_that_is_told_is_the_one_that_has_the_data(recorded: Any, wait: Any) -> None:
    asyncio.run(tell("theirs", workspace="acme"))
    asyncio.run(tell("ours", workspace=recorded.workspace))
    assert longpole.flush(10)
    assert [one["execution_id"] for one in recorded.all_settled(1)] == ["ours"]
    log = wait(lambda: ExecutionAnalytics.get_execution_with_logs("theirs", workspace="acme"), "the other workspace")
    assert log.execution.agent_name == AGENT
    patterns = asyncio.run(ExecutionPatternAnalyzer().analyze_patterns(AGENT, "acme"))
    assert sum(one["execution_count"] for one in patterns["hourly_patterns"]) == 1
    both = asyncio.run(ExecutionAnalyticsService().get_execution_analytics(AGENT))
    theirs = asyncio.run(ExecutionAnalyticsService().get_execution_analytics(AGENT, workspace_id="acme"))
    assert both["statistics"]["total_executions"] > theirs["statistics"]["total_executions"] == 1


def test_the_analytics_of_what_was_told_have_the_keys_of_the_document(recorded: Any) -> None:
    async def main() -> None:
        await asyncio.gather(*(tell(f"order-{number}", fails=number == 0) for number in range(4)))

    asyncio.run(main())
    recorded.all_settled(4)
    service = ExecutionAnalyticsService()
    found = asyncio.run(service.get_execution_analytics(AGENT, workspace_id=recorded.workspace))
    assert set(found) == {"statistics", "execution_patterns", "failure_analysis", "success_rate"}
    assert set(found["statistics"]) == STATISTICS
    assert (found["statistics"]["total_executions"], found["statistics"]["failed"]) == (4, 1)
    assert (found["statistics"]["total_credits"], found["statistics"]["avg_credits"]) == (7.5, 2.5)
    assert all(set(one) >= PATTERNS for one in found["execution_patterns"])
    assert sum(one["execution_count"] for one in found["execution_patterns"]) == 4
    assert [(one["error_type"], one["count"], set(one)) for one in found["failure_analysis"]] == [
        ("TimeoutError", 1, FAILURES)
    ]
    assert found["success_rate"] == 75


def test_the_history_tells_how_each_execution_went() -> None:
    asyncio.run(tell("one"))
    asyncio.run(tell("two", fails=True))
    first, second = ExecutionAnalyticsService().execution_history
    assert (first.execution_id, first.agent_id, first.status, first.credits_consumed) == ("one", AGENT, "success", 2.5)
    assert (second.status, second.success_rate, second.error_rate, second.avg_step_duration) == ("failed", 50, 50, 25)


# Without a server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of what started three hours ago: four succeeded in 2 s, one failed after 6 s, one runs."""
    made = Made()
    started_ns = now_ns() - 3 * 3600 * SECOND
    for _ in range(4):
        made.execution(started_ns, duration_ns=2 * SECOND, credits=1.5)
    made.execution(started_ns, status="failed", duration_ns=6 * SECOND, error_type="LookupError", error_message="none")
    made.execution(started_ns, status="running", duration_ns=None)
    made.execution(started_ns, status="skipped", duration_ns=SECOND)
    store = open_store(tmp_path / DATABASE)
    store.write(made.batch)
    store.close()
    monkeypatch.setattr(settings, "_chosen", settings.load(data_folder=str(tmp_path), port=1))
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_without_a_server_the_store_of_the_data_folder_answers() -> None:
    found = asyncio.run(ExecutionAnalyticsService().get_execution_analytics("shop"))
    assert found["statistics"] == {
        "total_executions": 7, "successful": 4, "failed": 1, "avg_duration": 2800, "median_duration": 2000,
        "p95_duration": pytest.approx(5200), "total_credits": 6, "avg_credits": 1.5,
    }  # fmt: skip
    assert found["failure_analysis"] == [{"error_type": "LookupError", "count": 1, "avg_duration_before_failure": 6000}]
    (hour,) = found["execution_patterns"]
    assert (hour["execution_count"], hour["avg_duration"], hour["success_rate"]) == (7, 2800, pytest.approx(80))
    assert found["success_rate"] == 80


@pytest.mark.usefixtures("folder")
def test_an_agent_that_did_not_run_has_no_rate_and_no_durations() -> None:
    found = asyncio.run(ExecutionAnalyticsService().get_execution_analytics("shop", timedelta(hours=1)))
    assert found["statistics"]["total_executions"] == 0
    assert found["statistics"]["avg_duration"] is None
    assert (found["execution_patterns"], found["failure_analysis"], found["success_rate"]) == ([], [], None)


@pytest.mark.usefixtures("folder")
def test_reading_raises_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = ExecutionAnalyticsService()
    with pytest.raises(InvalidInput, match="above 0"):
        asyncio.run(service.get_execution_analytics("shop", timedelta(0)))
    monkeypatch.setattr(settings, "_chosen", settings.load(data_folder=str(tmp_path / "none"), port=1))
    with pytest.raises(ServerUnreachable, match="longpole serve"):
        asyncio.run(service.get_execution_analytics("shop"))


@pytest.mark.usefixtures("folder")
def test_the_event_loop_goes_on_while_the_analytics_are_made() -> None:
    async def main() -> int:
        turns, asked = 0, asyncio.create_task(ExecutionAnalyticsService().get_execution_analytics("shop"))
        while not asked.done():
            turns += 1
            await asyncio.sleep(0)
        return turns

    assert asyncio.run(main()) > 10


def test_what_is_told_without_a_server_waits_in_the_spool_for_the_next_one(tmp_path: Path) -> None:
    program = f"""
        import asyncio, longpole
        from longpole import ExecutionAnalyticsService
        longpole.configure(spool={str(tmp_path)!r})
        async def main():
            service = ExecutionAnalyticsService()
            await service.track_execution_start("kept", "claims-triage", "default", "api", {{"claim": "CLM-1"}})
            await service.track_execution_complete("kept", "success")
        asyncio.run(main())
        print(longpole.flush(5), longpole.shutdown())
    """
    environment = child_environment() | {"LONGPOLE_DATA_FOLDER": str(tmp_path / "none"), "LONGPOLE_PORT": "9"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True"]
    (told,) = [one for one in spooled_bodies(spool_file(tmp_path, None)) if one.path == "/v1/traces"]
    assert b'"stringValue":"kept"' in told.body
