"""`longpole coverage` as a person and a build meet it: the drawing, the JSON, the exit codes."""

import sys
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from inline_snapshot import snapshot
from rich.console import Console

from execution_trees import SECOND, TRACE, agent, fact
from longpole.cli.commands import run_commands
from longpole.cli.coverage import draw_coverage
from longpole.cli.exit_codes import ExitCode
from longpole.ingest.facts import Facts
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.reports.coverage import coverage_of
from longpole.reports.filters import GapLimit
from longpole.reports.views import Coverage
from longpole.store.store import open_store
from triage_example import EXECUTION_ID, triage_batch

MS = 1_000_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that nobody holds; nothing listens at the default address."""
    monkeypatch.setenv("LONGPOLE_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("LONGPOLE_PORT", "1")
    monkeypatch.chdir(tmp_path)
    keep(tmp_path, triage_batch())
    return tmp_path


def keep(folder: Path, batch: Batch) -> None:
    """Store a batch in the folder's database."""
    store = open_store(folder / "longpole.duckdb")
    store.write(batch)
    store.close()


def batch_of(*facts: Facts) -> Batch:
    """The rows of these spans."""
    rows = build_rows(facts, now_ns=20 * SECOND)
    return Batch(executions=rows.executions, steps=rows.steps)


def longpole(*arguments: str) -> int:
    """The exit code of `longpole` with these arguments."""
    before, sys.argv = sys.argv, ["longpole", *arguments]
    try:
        return run_commands()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before


def printed(batch: Batch, limit: GapLimit, *, width: int = 100) -> str:
    """The drawing of the first execution of a batch, narrow spaces made plain and line ends trimmed."""
    store = open_store(":memory:")
    store.write(batch)
    coverage = coverage_of(store, batch.executions[0].execution_id, limit)
    store.close()
    out = StringIO()
    Console(file=out, width=width, highlight=False, markup=False, emoji=False).print(
        draw_coverage(coverage, width=width)
    )
    return "\n".join(line.rstrip() for line in out.getvalue().replace("\u202f", " ").splitlines())


def test_every_gap_is_named_and_fails_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("coverage", EXECUTION_ID) == ExitCode.FAILED
    said = capsys.readouterr().out
    assert "3 gaps over 100" in said
    assert "damage-assessor → its end" in said


def test_without_a_gap_over_the_limit_the_command_succeeds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("coverage", EXECUTION_ID, "--gap-ms", "1000") == ExitCode.DONE
    assert "no gap over 1.00" in capsys.readouterr().out


def test_an_operation_without_times_fails_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lost = fact(2, 7, start=0, end=SECOND, name="lost")
    keep(folder, batch_of(agent(0, start=0, end=SECOND), fact(1, 0, start=0, end=SECOND), lost))
    assert longpole("coverage", TRACE) == ExitCode.FAILED
    said = capsys.readouterr().out
    assert "no gap" in said
    assert "2 of 3 operations timed" in said


def test_json_is_the_rest_view(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("coverage", EXECUTION_ID, "--json", "--gap-ms", "600.5") == ExitCode.FAILED
    coverage = msgspec.json.decode(capsys.readouterr().out, type=Coverage)
    assert (coverage.gap_ns, len(coverage.gaps), coverage.share) == (600_500_000, 1, 0.79)


@pytest.mark.parametrize(
    "arguments", [["no-such-id"], [EXECUTION_ID, "--gap-ms", "-1"], [EXECUTION_ID, "--gap-ms", "nan"]]
)
def test_what_cannot_be_answered_is_told_apart_from_a_gap(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert longpole("coverage", *arguments) == ExitCode.WRONG_USE
    assert capsys.readouterr().out == ""


def test_the_drawing_shows_where_the_gaps_are(folder: Path) -> None:
    assert printed(triage_batch(), GapLimit()) == snapshot("""\
claims-triage  79.0 % of 10.0 s explained · ✗ failed
3 gaps over 100 ms, the longest 1.00 s · 11 of 11 operations timed
0af7651916cd43dd8448eb211c80319caaaaaaaaaaaaaaaa

0 s                                                                                           10.0 s
░░░░░━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━░░░░░━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━░░░░░░░░░░
1                                                 2                                       3

gap      at    long  inside           between                    code
  1     0 s  500 ms  claims-triage    its start → get_profile    unknown
  2  5.00 s  500 ms  damage-assessor  its start → look           unknown
  3  9.00 s  1.00 s  claims-triage    damage-assessor → its end  unknown\
""")


def test_the_drawing_of_an_execution_that_runs_says_what_has_no_times(folder: Path) -> None:
    assert printed(triage_batch(is_running=True), GapLimit(gap_ns=SECOND)) == snapshot("""\
claims-triage  87.5 % of 8.00 s so far explained · ▸ running
no gap over 1.00 s, the longest 500 ms · 8 of 11 operations timed
0af7651916cd43dd8448eb211c80319caaaaaaaaaaaaaaaa

0 s                                                                                           8.00 s
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━

without times    began at  because
claims-triage         0 s  still open
damage-assessor    5.00 s  still open
price              8.00 s  still open\
""")


def test_a_covered_execution_says_so() -> None:
    batch = batch_of(agent(0, start=0, end=SECOND), fact(1, 0, start=0, end=SECOND))
    assert printed(batch, GapLimit()).splitlines()[1] == "no gap · 2 of 2 operations timed"


def test_an_agent_without_steps_is_one_gap_from_end_to_end() -> None:
    batch = batch_of(agent(0, start=0, end=SECOND, code_file="agents/triage.py", code_line=7))
    line = printed(batch, GapLimit()).splitlines()[-1]
    assert " ".join(line.split()) == "1 0 s 1.00 s a0 no step at all agents/triage.py:7"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(len(line) for line in printed(triage_batch(), GapLimit(), width=width).splitlines()) <= width
