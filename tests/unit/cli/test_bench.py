"""`longpole bench` as a person runs it: the table, the JSON, the exit codes."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from longpole.cli.commands import run_commands
from longpole.cli.exit_codes import ExitCode
from longpole.record.profile_switch import switch
from longpole.record.profiler import PerformanceProfiler

OPERATIONS = """
import longpole

@longpole.profile_sync("look up")
def look_up(key):
    return key

async def quick(key):
    print("printed by the operation")
    return look_up(key)

def broken():
    raise ValueError("no [bold]agent[/bold] answers")
"""
TARGETS = """
defaults: {rounds: 4}
operations:
  within: {run: "bench_operations.py:quick", args: {key: 1}, target_s: 60}
  beyond: {run: "bench_operations.py:quick", args: [1], target_ms: 0.00001, inside: {look up: {target_s: 60}}}
  free: {run: "bench_operations.py:quick", args: [1]}
  broken: {run: "bench_operations.py:broken", target_s: 60}
"""


@pytest.fixture
def targets(tmp_path: Path) -> Iterator[str]:
    """A targets file with one operation for each result."""
    (tmp_path / "bench_operations.py").write_text(OPERATIONS)
    file = tmp_path / "targets.yaml"
    file.write_text(TARGETS)
    path, is_on = list(sys.path), switch.is_on
    yield str(file)
    sys.path[:] = path
    switch.is_on = is_on
    PerformanceProfiler().reset()


def longpole(*arguments: str) -> int:
    """The exit code of `longpole` with these arguments."""
    before, sys.argv = sys.argv, ["longpole", *arguments]
    try:
        return run_commands()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before


def test_the_table_says_in_words_what_was_kept_and_what_not(targets: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("bench", targets) == ExitCode.FAILED
    lines = capsys.readouterr().out.splitlines()
    row = {line.split("  ")[0]: line for line in lines if line}
    assert "✓ passed" in row["within"]
    assert "p50 ≤ 60.0" in row["within"]
    assert "✗ missed by" in row["beyond"]
    assert "· no target" in row["free"]
    assert "✗ failed" in row["broken"]
    assert any(line.startswith("  look up") and "✓ passed" in line for line in lines)
    assert any(line.startswith("Inside within: look up 4 ×") for line in lines)
    assert "broken: ValueError: no [bold]agent[/bold] answers" in lines
    assert lines[-1] == "2 of 4 targets kept, 1 missed, 1 failed."


def test_when_every_target_is_kept_the_exit_code_is_zero(targets: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("bench", targets, "--only", "within", "--only", "free") == ExitCode.DONE
    out = capsys.readouterr().out
    assert "1 of 1 targets kept." in out
    assert "beyond" not in out


def test_the_json_holds_environment_version_date_and_every_figure(
    targets: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "figures.json"
    assert longpole("bench", targets, "--rounds", "3", "--json", "--output", str(file)) == ExitCode.FAILED
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert report == json.loads(file.read_text())
    assert "printed by the operation" in shown.err
    assert report["passed"] is False
    assert report["environment"]["python"] == sys.version.split()[0]
    assert report["longpole"]
    assert report["started_at"].endswith("Z")
    within, beyond, _, broken = report["operations"]
    assert len(within["durations_ns"]) == within["figures"]["count"] == 3
    assert within["target_ns"] == 60_000_000_000
    assert beyond["inside"][0]["status"] == "passed"
    assert (broken["status"], broken["error"]) == ("failed", "ValueError: no [bold]agent[/bold] answers")


def test_wrong_use_says_what_is_wrong_with_which_line(
    targets: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("operations:\n  ask:\n    rum: a:b\n")
    assert longpole("bench", str(wrong)) == ExitCode.WRONG_USE
    assert "line 3: `ask` has an unknown field `rum`" in capsys.readouterr().err.replace("\n", " ")
    assert longpole("bench", str(tmp_path / "none.yaml")) == ExitCode.WRONG_USE
    assert longpole("bench", targets, "--only", "nothing") == ExitCode.WRONG_USE
    assert longpole("bench", targets, "--rounds", "0") == ExitCode.WRONG_USE
    assert longpole("bench", targets, "--only", "free", "--output", str(tmp_path / "no" / "x")) == ExitCode.WRONG_USE
