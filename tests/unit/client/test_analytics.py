"""`ExecutionAnalytics` where no server runs: what it asks, and that both doors answer alike."""

import math
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import longpole
from longpole import ExecutionAnalytics, settings
from longpole.client.answers import DATABASE, Answers
from longpole.client.in_process import StoreDoor
from longpole.client.over_http import HttpDoor
from longpole.model.errors import InvalidInput, NotFound, ServerUnreachable
from longpole.reports.questions import QUESTIONS, QUESTIONS_OF_ONE
from longpole.settings import child_environment
from longpole.store.store import open_store
from running_server import RunningServer
from triage_example import CHILD_ID, EXECUTION_ID, STARTED_NS, triage_batch

ALL_TIME: dict[str, Any] = {"hours": None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that a server has used, and no longer holds."""
    folder = tmp_path_factory.mktemp("analytics") / "longpole"
    folder.mkdir()
    store = open_store(folder / DATABASE)
    store.write(triage_batch())
    store.write(triage_batch(workspace="other", trace_id="9" * 32))
    store.close()
    return folder


@pytest.fixture
def asks_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = settings.load(data_folder=str(folder), port=1)
    monkeypatch.setattr(settings, "_chosen", chosen)


@pytest.fixture
def doors(folder: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every question's answer from the store, and from a server on the same store."""
    with Answers(StoreDoor.open(folder / DATABASE)) as answers:
        in_process = all_answers(answers)
    server = RunningServer(folder)
    try:
        yield in_process, all_answers(Answers(HttpDoor(server.start().url)))
    finally:
        server.stop()
        server.close()


def all_answers(answers: Answers) -> dict[str, Any]:
    # Where a period ends now unless it is told, the two doors would be asked at two times.
    day = {"from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z"}
    needed = {"agent": "claims-triage", "operation": "embed", "a": EXECUTION_ID, "b": CHILD_ID, "session": "CLM-48213"}
    needed |= {**day, "period": "7305d", "at": "2030-01-01T00:00:00Z"}
    found: dict[str, Any] = {}
    for question in QUESTIONS:
        names = {one.name for one in question.filters}
        given = [(name, text) for name, text in needed.items() if name in names]
        found[question.name] = answers.ask(question, [("workspace", "default"), *given])
    found["running"] = replace(found["running"], at="")  # each door answers of its own moment
    for question in QUESTIONS_OF_ONE:
        found[f"one {question.name}"] = answers.ask_about(EXECUTION_ID, question, workspace="default")
    return found


def test_both_doors_give_the_same_answers(doors: tuple[dict[str, Any], dict[str, Any]]) -> None:
    in_process, over_http = doors
    assert over_http == in_process


@pytest.mark.usefixtures("asks_here")
def test_without_a_server_the_store_of_the_data_folder_answers() -> None:
    (execution,) = ExecutionAnalytics.get_failed_executions(**ALL_TIME)
    assert (execution.execution_id, execution.input_data) == (EXECUTION_ID, {"claim": "CLM-48213"})
    (slow,) = ExecutionAnalytics.find_slow_executions(**ALL_TIME)
    assert slow.overhead_ms == 4500
    assert len(ExecutionAnalytics.find_slow_executions(1000, **ALL_TIME)) == 2


@pytest.mark.usefixtures("asks_here")
def test_the_workspace_is_the_configured_one_unless_another_is_given() -> None:
    assert ExecutionAnalytics.get_execution(EXECUTION_ID).agent_name == "claims-triage"
    with pytest.raises(NotFound):
        ExecutionAnalytics.get_execution(EXECUTION_ID, workspace="other")
    (execution,) = ExecutionAnalytics.get_failed_executions(**ALL_TIME, workspace="other")
    assert execution.execution_id.startswith("9" * 32)


@pytest.mark.usefixtures("asks_here")
def test_hours_that_are_over_hold_nothing() -> None:
    assert ExecutionAnalytics.get_failed_executions(hours=1e-9) == []
    metrics = ExecutionAnalytics.analyze_agent_performance("claims-triage", hours=1e-9)
    assert metrics.total_executions == 0
    assert math.isnan(metrics.success_rate)
    assert f"Success Rate: {metrics['success_rate'] * 100}%" == "Success Rate: nan%"


@pytest.mark.usefixtures("asks_here")
def test_an_execution_without_stages_or_model_calls_has_empty_answers() -> None:
    assert ExecutionAnalytics.get_stage_timeline(CHILD_ID) == []
    found = ExecutionAnalytics.get_llm_interactions(CHILD_ID)
    assert [call.model for call in found.calls] == ["vision-model"]
    assert (found.model, found.tokens_used, found.latency_ms) == ("vision-model", 960, 2500)


@pytest.mark.usefixtures("asks_here")
def test_an_answer_reads_as_an_object_and_as_a_dictionary() -> None:
    execution = ExecutionAnalytics.get_execution(EXECUTION_ID)
    assert execution["status"] == execution.status == execution.get("status") == "failed"
    assert dict(execution)["error_message"] == "no answer in 900 ms"
    assert execution.get("nothing", 7) == 7
    with pytest.raises(KeyError):
        execution["nothing"]
    assert str(execution).startswith("{'execution_id': ")


@pytest.mark.usefixtures("asks_here")
def test_before_and_after_are_split_at_a_moment_told_in_any_way() -> None:
    fixed = datetime.fromtimestamp(STARTED_NS / 1e9 + 3600, UTC)
    for moment in (fixed, fixed.astimezone(timezone(timedelta(hours=9))), fixed.isoformat()):
        found = ExecutionAnalytics.compare_before_and_after("claims-triage", moment)
        assert (found.a.executions, found.b.executions) == (1, 0)
    with pytest.raises(InvalidInput, match="yesterday"):
        ExecutionAnalytics.compare_before_and_after("claims-triage", "yesterday")


@pytest.mark.usefixtures("asks_here")
def test_a_question_out_of_range_is_refused() -> None:
    with pytest.raises(InvalidInput, match="from 1 to 1000"):
        ExecutionAnalytics.find_slow_executions(limit=0)


def test_without_a_server_and_a_store_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_chosen", settings.load(data_folder=str(tmp_path), port=1))
    with pytest.raises(ServerUnreachable, match="longpole serve"):
        ExecutionAnalytics.get_execution(EXECUTION_ID)


def test_the_endpoint_that_is_sent_to_is_the_one_that_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_chosen", settings.load(endpoint="http://127.0.0.1:9"))
    with pytest.raises(ServerUnreachable, match=r"http://127\.0\.0\.1:9"):
        ExecutionAnalytics.get_execution(EXECUTION_ID)


def test_asking_needs_no_package_of_the_server() -> None:
    program = (
        "import sys, longpole; longpole.ExecutionAnalytics, longpole.TimingAggregator, longpole.TimingPersistence; "
        "longpole.ExecutionAnalyticsService, longpole.ExecutionPatternAnalyzer; "
        "print(*{'duckdb', 'litestar', 'numpy', 'arro3', 'typer'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=child_environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
    assert "ExecutionAnalytics" in longpole.__all__
