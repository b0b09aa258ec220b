"""`longpole audit` as people type it: exit codes, formats, baseline, mending, pages."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from longpole.cli.commands import app

TEXT = "import time\n\n\nasync def work():\n    time.sleep(1)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.py").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["audit", "--no-ruff", *words])
    return result.exit_code, result.stdout


def test_findings_stand_with_their_line_their_reason_and_what_to_do(folder: Path) -> None:
    code, shown = run(".")
    assert code == 1
    for part in (
        "a.py",
        "5 LP002",
        "│ time.sleep(1)",
        "certain · work",
        "because it stands directly in async def",
        "→ Use",
    ):
        assert part in shown


def test_nothing_found_is_said_and_ends_well(folder: Path) -> None:
    code, shown = run(".", "--ignore", "LP002")
    assert (code, shown.strip()) == (0, "Nothing found in 1 file, 5 lines.")


def test_formats_for_programs_are_valid(folder: Path) -> None:
    assert json.loads(run(".", "--format", "json")[1])["findings"][0]["rule"] == "LP002"
    assert json.loads(run(".", "--format", "sarif")[1])["version"] == "2.1.0"
    assert run("a.py", "--format", "github")[1].startswith("::warning file=a.py,line=5")


def test_a_baseline_leaves_only_what_is_new(folder: Path) -> None:
    assert run(".", "--write-baseline", "known.json")[0] == 0
    assert run(".", "--baseline", "known.json")[0] == 0
    (folder / "a.py").write_text("# moved\n" + TEXT + "    time.sleep(2)\n")
    code, shown = run(".", "--baseline", "known.json", "--format", "json")
    assert code == 1
    assert [one["line"] for one in json.loads(shown)["findings"]] == [7]


def test_a_fix_is_shown_first_and_written_only_when_asked(folder: Path) -> None:
    code, shown = run(".", "--fix")
    assert code == 1
    assert "+    await asyncio.sleep(1)" in shown
    assert (folder / "a.py").read_text() == TEXT
    assert run(".", "--fix", "--write")[0] == 0
    assert "await asyncio.sleep(1)" in (folder / "a.py").read_text()


def test_statistics_count_by_rule(folder: Path) -> None:
    assert "1  LP002  Blocks the event loop" in run(".", "--statistics")[1]


def test_every_rule_explains_itself_by_code_and_by_name(folder: Path) -> None:
    assert run("--explain", "lp001")[1].startswith("# LP001 sequential-await")
    assert run("--explain", "sequential-await")[1] == run("--explain", "LP001")[1]
