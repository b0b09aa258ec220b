"""`longpole store`: what it shows, asks, refuses, and moves."""

import sys
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from inline_snapshot import snapshot
from msgspec.structs import replace
from rich.console import Console

from contract.rows import RECORDS, joined, trace
from longpole.cli.commands import run_commands
from longpole.cli.draw_store import draw_deletion, draw_state
from longpole.cli.exit_codes import ExitCode
from longpole.reports.store_views import Deletion, JobsState, JobState, SpoolState, StoreState, TableState
from longpole.store.store import open_store

STATE = StoreState(
    tables=[
        TableState(table="bodies", rows=216_000, size_bytes=52_400_000, oldest="2026-10-22T06:00:00.000000Z"),
        TableState(table="steps", rows=192_000, size_bytes=27_800_000, oldest="2026-10-22T06:00:00.000000Z"),
        TableState(table="dead_letters", rows=0, size_bytes=0, oldest=None),
    ],
    used_bytes=85_200_000,
    free_bytes=4_100_000,
    log_bytes=0,
    limit_bytes=1_000_000_000,
    spool=SpoolState(held_bytes=64_000_000, pending_bytes=1_200),
    jobs=JobsState(
        holder="one",
        is_here=True,
        jobs=[
            JobState(
                name="rollups",
                every_s=300,
                last_started="2026-11-21T06:00:00.000000Z",
                last_duration_ns=12_000_000,
                outcome="4 rows changed",
                runs=3,
            ),
            JobState(name="retention", every_s=600, error="StoreError: the disk is full", failures=2),
        ],
    ),
)
DELETION = Deletion(is_done=False, executions=2, running=1, steps=10, events=2, bodies=12, scores=0, dead_letters=1)


def drawn(state: object) -> list[str]:
    out = StringIO()
    Console(file=out, width=80, highlight=False).print(state)
    return [line.rstrip() for line in out.getvalue().replace("\u202f", " ").splitlines()]


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
    """A data folder with three traces; nothing listens at the default address."""
    monkeypatch.setenv("LONGPOLE_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("LONGPOLE_PORT", "1")
    (tmp_path / "data").mkdir()
    store = open_store(tmp_path / "data" / "longpole.duckdb")
    batch = joined([trace(number) for number in range(1, 4)])
    batch.records = [*RECORDS]
    store.write(batch)
    store.close()
    return tmp_path


def test_the_state_is_a_picture_of_room_spool_and_jobs() -> None:
    assert drawn(draw_state(STATE, width=80)) == snapshot(
        [
            "85.2 MB in use of 1 GB allowed, 4.1 MB free in the files for what comes",
            "",
            "table                                  size     rows  oldest (UTC)",
            "bodies        ████████████████████  52.4 MB  216,000  2026-10-22 06:00",
            "steps         ██████████▋           27.8 MB  192,000  2026-10-22 06:00",
            "dead letters                              –        0  –",
            "",
            "Spool: 64 MB on disk, 1.2 kB wait to be read.",
            "",
            "job         every  last run (UTC)        took  outcome",
            "rollups     5 min  2026-11-21 06:00:00  12 ms  4 rows changed",
            "retention  10 min  –                        –  ✗ StoreError: the disk is full",
        ]
    )


def test_what_is_still_in_the_log_of_the_database_is_in_use_too() -> None:
    tables = [TableState(table="steps", rows=7, size_bytes=0, oldest="2026-10-22T06:00:00.000000Z")]
    young = replace(STATE, tables=tables, used_bytes=0, free_bytes=0, log_bytes=3_100_000, limit_bytes=0)
    lines = drawn(draw_state(young, width=80))
    assert lines[0] == "3.1 MB in use, 3.1 MB of it still in the log"
    assert lines[3].split() == ["steps", "in", "the", "log", "7", "2026-10-22", "06:00"]


def test_an_empty_store_and_jobs_elsewhere_say_so() -> None:
    empty = StoreState(
        tables=[],
        used_bytes=0,
        free_bytes=0,
        log_bytes=0,
        limit_bytes=0,
        spool=SpoolState(held_bytes=0, pending_bytes=0),
        jobs=JobsState(holder="other", is_here=False, jobs=[]),
    )
    assert drawn(draw_state(empty, width=80)) == snapshot(
        [
            "0 B in use",
            "",
            "The store is empty. Start an agent that records, or send OTLP to the server.",
            "",
            "The spool is empty: everything that came is stored.",
            "",
            "The jobs are done by the server other.",
        ]
    )


def test_a_deletion_is_a_sentence_with_what_still_runs() -> None:
    assert drawn(draw_deletion(DELETION)) == snapshot(
        [
            "2 executions, 10 steps, 2 events, 12 bodies, 0 scores, 1 dead letter would be",
            "deleted, whole trees. 1 is still running: what it sends afterwards begins anew.",
        ]
    )


def test_deleting_asks_first_and_does_nothing_without_a_yes(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("n\n"))
    assert longpole("store", "delete", "--before", "2100-01-01") == ExitCode.FAILED
    assert "3 executions" in capsys.readouterr().err
    assert longpole("store", "delete", "--before", "2100-01-01", "--dry-run", "--json") == ExitCode.DONE
    assert msgspec.json.decode(capsys.readouterr().out, type=Deletion).executions == 3
    assert longpole("store", "delete", "--before", "2100-01-01", "--yes") == ExitCode.DONE
    assert "deleted" in capsys.readouterr().out
    assert longpole("store", "delete", "--before", "2100-01-01", "--yes") == ExitCode.DONE
    assert "Nothing of that is stored." in capsys.readouterr().out


def test_a_deletion_must_say_what(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("store", "delete") == ExitCode.WRONG_USE
    assert longpole("store", "delete", "--execution", "x", "--user", "y") == ExitCode.WRONG_USE
    assert "Expected --execution alone" in capsys.readouterr().err.replace("\n", " ")


@pytest.mark.parametrize("target", ["export", "export.zip"])
def test_an_export_is_imported_into_another_folder(
    folder: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert longpole("store", "export", str(folder / target)) == ExitCode.DONE
    other = ("--data", str(folder / "other"))
    assert longpole("store", "import", str(folder / target), *other) == ExitCode.DONE
    assert "3 executions, 15 steps" in capsys.readouterr().out
    assert longpole("store", "stats", "--json", *other) == ExitCode.DONE
    state = msgspec.json.decode(capsys.readouterr().out, type=StoreState)
    assert {table.table: table.rows for table in state.tables}["steps"] == 15
    assert longpole("store", "import", str(folder / target), *other) == ExitCode.FAILED
    assert longpole("store", "export", str(folder / target)) == ExitCode.WRONG_USE
    assert sorted(file.name for file in folder.iterdir()) == sorted(["data", "other", target])


def test_without_a_store_export_says_where_it_looked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "nothing"
    assert longpole("store", "export", str(tmp_path / "e"), "--data", str(data)) == ExitCode.NO_ANSWERS
    assert "There is no store" in capsys.readouterr().err.replace("\n", " ")
