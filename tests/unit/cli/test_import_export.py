"""`longpole import` and `longpole export` on a data folder that nobody serves."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from longpole.cli.commands import app
from longpole.model.errors import InvalidInput

LANGFUSE = Path(__file__).parents[2] / "langfuse_traces/google-adk-2025-08-28.trace.json"


@pytest.fixture(autouse=True)
def _no_server_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPOLE_PORT", "1")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_what_was_imported_is_exported_as_a_page_and_as_a_list(tmp_path: Path) -> None:
    data, page, table = tmp_path / "data", tmp_path / "one.html", tmp_path / "all.csv"
    imported = run("import", LANGFUSE, "--data", data)
    exported = run("export", "b82a0bdc1994fc5d1c8576ca032543f7", "--data", data, "--out", page)
    listed = run("export", "--data", data, "--agent", "hello_agent", "--out", table)

    assert (imported.exit_code, exported.exit_code, listed.exit_code) == (0, 0, 0)
    assert imported.stdout == "5 spans of 1 file imported\n"
    assert page.read_text().startswith("<!doctype html>")
    assert "hello_app" in page.read_text()
    assert [line.split(",")[4] for line in table.read_text().splitlines()] == ["agent", "hello_agent"]
    assert "Wrote" in listed.stderr


def test_what_cannot_be_read_is_named_on_stderr_and_by_the_exit_code(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps([{"ph": "X", "name": "good", "ts": 1, "dur": 1}, {"ph": "X", "ts": "soon"}]))
    told = run("import", bad, tmp_path / "none.json", "--data", tmp_path / "data")
    machine = run("import", bad, "--data", tmp_path / "data", "--json")

    assert told.exit_code == machine.exit_code == 1
    assert told.stdout == "2 spans of 2 files imported; 2 things could not be read\n"
    assert told.stderr.splitlines() == [
        "✗ bad.json, event 2: Its ts is 'soon', not a number of microseconds.",
        "✗ none.json, the file: It cannot be opened: No such file or directory.",
    ]
    assert json.loads(machine.stdout)["unread_count"] == 1


def test_a_format_that_is_not_for_this_is_refused(tmp_path: Path) -> None:
    for words in (["--format", "html"], ["91c8", "--format", "parquet"], ["91c8", "--agent", "shop"]):
        result = run("export", *words, "--data", tmp_path)
        assert isinstance(result.exception, InvalidInput)
