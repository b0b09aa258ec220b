"""`longpole processes`: what the programs that record tell of themselves."""

import sys
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from inline_snapshot import snapshot
from rich.console import Console

from longpole.cli.commands import run_commands
from longpole.cli.exit_codes import ExitCode
from longpole.cli.processes import draw_processes
from longpole.model.batch import Batch
from longpole.model.process import ProcessSeen
from longpole.reports.filters import ProcessFilters
from longpole.reports.processes import list_processes
from longpole.reports.views import ProcessPage
from longpole.store.store import open_store

MS = 1_000_000
STARTED_NS = 1_795_225_553_000_000_000
RUNS = ProcessSeen(
    workspace="default",
    process="worker-3:4127",
    service="triage",
    started_ns=STARTED_NS,
    last_heard_ns=STARTED_NS + 10_000 * MS,
    recorded=12_040,
    dropped=3,
    open_count=2,
    background_ns=20 * MS,
    caller_ns=10 * MS,
)
ENDED = ProcessSeen(workspace="default", process="p-1", last_heard_ns=STARTED_NS, ended_ns=STARTED_NS)


def longpole(*arguments: str) -> int:
    """The exit code of `longpole` with these arguments."""
    before, sys.argv = sys.argv, ["longpole", *arguments]
    try:
        return run_commands()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with two processes; nothing listens at the default address."""
    monkeypatch.setenv("LONGPOLE_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("LONGPOLE_PORT", "1")
    store = open_store(tmp_path / "longpole.duckdb")
    store.write(Batch(processes=[RUNS, ENDED]))
    store.close()
    return tmp_path


def test_a_process_says_what_it_recorded_lost_and_took(folder: Path) -> None:
    store = open_store(folder / "longpole.duckdb")
    table = draw_processes(list_processes(store, ProcessFilters()))
    store.close()
    out = StringIO()
    Console(file=out, width=100, highlight=False).print(table)
    said = out.getvalue().replace("\u202f", " ").splitlines()
    assert [line.rstrip() for line in said] == snapshot(
        [
            "last heard (UTC)      service  recorded  dropped     open  overhead  per step  process",
            "11-21 01:46:03        triage      12.0k        3        2     0.3 %      2 µs  worker-3:4127",
            "11-21 01:45:53 ended  unknown   unknown  unknown  unknown   unknown   unknown  p-1",
        ]
    )


def test_json_is_the_rest_view(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("processes", "--json", "--limit", "1") == ExitCode.DONE
    (item,) = msgspec.json.decode(capsys.readouterr().out, type=ProcessPage).items
    assert (item.process, item.dropped, item.overhead_share) == ("worker-3:4127", 3, 0.003)


def test_without_a_process_the_command_says_which_ones_tell(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("processes", "--workspace", "other") == ExitCode.DONE
    assert "longpole.configure()" in capsys.readouterr().out
