"""The commands as a person runs them: answers, JSON, messages and exit codes."""

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import uvicorn

from longpole.cli.commands import run_commands
from longpole.cli.exit_codes import ExitCode
from longpole.cli.run import service_name, telemetry_environment
from longpole.reports.execution_list import list_executions
from longpole.reports.filters import read_execution_filters
from longpole.reports.views import ExecutionPage, ExecutionTree
from longpole.server.http import api_app
from longpole.store.store import open_store
from running_server import wait_until
from triage_example import EXECUTION_ID, triage_batch


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one execution, held by nobody; nothing listens at the default address."""
    monkeypatch.setenv("LONGPOLE_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("LONGPOLE_PORT", "1")
    monkeypatch.chdir(tmp_path)
    store = open_store(tmp_path / "longpole.duckdb")
    store.write(triage_batch())
    store.close()
    return tmp_path


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a real server over HTTP."""
    store = open_store(":memory:")
    store.write(triage_batch())
    running = uvicorn.Server(uvicorn.Config(api_app(store), port=0, log_level="error", lifespan="off", ws="none"))
    sockets = [running.config.bind_socket()]
    thread = threading.Thread(target=running.run, kwargs={"sockets": sockets})
    thread.start()
    wait_until(lambda: running.started, "the server to listen")
    yield f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    running.should_exit = True
    thread.join(10)
    sockets[0].close()
    store.close()


def longpole(*arguments: str) -> int:
    """The exit code of `longpole` with these arguments."""
    before, sys.argv = sys.argv, ["longpole", *arguments]
    try:
        return run_commands()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before


@pytest.mark.parametrize("arguments", [["list"], ["show", EXECUTION_ID[-12:]], ["overview"]])
def test_the_store_is_read_in_process_when_nobody_holds_it(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert longpole(*arguments) == ExitCode.DONE
    assert "claims-triage" in capsys.readouterr().out


ABOUT_ONE = ("show", "totals", "critical-path", "waiting", "what-if")


@pytest.mark.parametrize(
    "arguments", [["list"], ["overview"], *([command, EXECUTION_ID[-12:]] for command in ABOUT_ONE)]
)
def test_both_doors_give_the_same_json(
    folder: Path, server: str, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert longpole(*arguments, "--json") == ExitCode.DONE
    in_process = json.loads(capsys.readouterr().out)
    assert longpole(*arguments, "--json", "--url", server) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == in_process


def test_json_is_the_rest_view(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("list", "--json", "--parent", "none") == 0
    page = msgspec.json.decode(capsys.readouterr().out, type=ExecutionPage)
    store = open_store(folder / "longpole.duckdb")
    assert page == list_executions(store, read_execution_filters([("parent", "none")]))
    store.close()
    assert longpole("show", EXECUTION_ID, "--json") == 0
    assert msgspec.json.decode(capsys.readouterr().out, type=ExecutionTree).duration_ns == 10_000_000_000


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["show", "nothing-has-this-id"], ExitCode.FAILED, "There is no execution"),
        (["list", "--status", "done"], ExitCode.WRONG_USE, "Expected one of pending"),
        (["list", "--since", "yesterday"], ExitCode.WRONG_USE, "Expected a number and one of ns"),
        (["list", "--agnt", "x"], ExitCode.WRONG_USE, "--agent"),
        (["list", "--url", "localhost"], ExitCode.WRONG_USE, "http://"),
        (["list", "--url", "http://127.0.0.1:1"], ExitCode.NO_ANSWERS, "longpole serve"),
        (["run", "--", "no-such-program"], ExitCode.NOT_FOUND, "was not found"),
        (["run"], ExitCode.WRONG_USE, "longpole run -- python app.py"),
    ],
)
def test_an_error_is_a_message_and_an_exit_code(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: ExitCode, words: str
) -> None:
    assert longpole(*arguments) == code
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_an_error_over_http_has_the_code_of_the_same_error_in_process(server: str) -> None:
    assert longpole("show", "nothing-has-this-id", "--url", server) == ExitCode.FAILED
    assert longpole("list", "--status", "done", "--url", server) == ExitCode.WRONG_USE


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", ["failures", "list", "overview", "regressions"])
def test_a_misspelt_agent_is_no_good_news(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert longpole(command, "--agent", "escalate-to-humans") == 0
    assert "no program has registered, run or considered" in capsys.readouterr().err
    assert longpole(command, "--agent", "claims-triage") == 0
    assert capsys.readouterr().err == ""


def test_without_server_and_store_the_message_says_how_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LONGPOLE_PORT", "1")
    assert longpole("list", "--data", str(tmp_path)) == ExitCode.NO_ANSWERS
    assert "Start 'longpole serve'" in capsys.readouterr().err


def test_a_server_file_that_outlived_its_server_is_passed_over(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "server.json").write_text('{"pid": 1, "url": "http://127.0.0.1:1"}')
    assert longpole("list") == ExitCode.DONE
    (folder / "server.json").write_text('{"pid"')
    assert longpole("list") == ExitCode.DONE
    assert "claims-triage" in capsys.readouterr().out


def test_a_program_that_is_run_sends_here_and_nowhere_else() -> None:
    before = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://elsewhere/v1/traces",
        "OTEL_EXPORTER_OTLP_HEADERS": "x-api-key=secret",
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
        "LANGFUSE_HOST": "https://langfuse",
    }
    chosen = telemetry_environment("http://127.0.0.1:7667/", ["python", "app.py"], before)
    assert chosen == {
        "LONGPOLE_ENDPOINT": "http://127.0.0.1:7667",
        "LONGPOLE_SERVICE": "app",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:7667",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http,gen_ai_latest_experimental",
        "TRACELOOP_BASE_URL": "http://127.0.0.1:7667",
        "OTEL_SERVICE_NAME": "app",
        "OTEL_EXPORTER_OTLP_HEADERS": "",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:7667/v1/traces",
    }


def test_a_program_keeps_the_name_that_it_has() -> None:
    for before in ({"OTEL_SERVICE_NAME": "mine"}, {"OTEL_RESOURCE_ATTRIBUTES": "a=b,service.name=mine"}):
        assert "OTEL_SERVICE_NAME" not in telemetry_environment("http://x", ["python", "app.py"], before)
    named = {"OTEL_SERVICE_NAME": "mine"}
    assert telemetry_environment("http://x", ["python", "app.py"], named)["LONGPOLE_SERVICE"] == "mine"


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["python", "-u", "agents/triage.py", "--fast"], "triage"),
        (["python3.12", "-m", "triage.main"], "triage.main"),
        (["node", "server.mjs"], "server"),
        (["./agent"], "agent"),
    ],
)
def test_a_program_without_a_name_is_called_after_its_script(command: list[str], name: str) -> None:
    assert service_name(command) == name
