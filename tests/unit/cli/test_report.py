"""`longpole report`: words that fit the terminal, the REST answer as JSON, and a page in a file."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from changing_agents import DAY_NS, FIRST_NS, changing_agents
from longpole import ExecutionAnalytics, settings
from longpole.cli.commands import run_commands
from longpole.cli.draw_report import draw_report
from longpole.cli.exit_codes import ExitCode
from longpole.client.answers import DATABASE
from longpole.model.clock import to_rfc3339
from longpole.model.finding import Finding
from longpole.reports.weekly import REPORT
from longpole.store.engine import Engine
from longpole.store.store import open_store

TO = to_rfc3339(FIRST_NS + 45 * DAY_NS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that nobody holds, with sixty days in it and a finding in every execution of the writer."""
    folder = tmp_path_factory.mktemp("report") / "longpole"
    folder.mkdir()
    batch = changing_agents()
    batch.findings = [
        Finding(
            workspace="default", finding_id=row.execution_id, execution_id=row.execution_id, rule="repeats.same_call",
            title="search is called again with the same arguments", advice="Keep the first answer.", confidence="high",
            evidence="{}", saving_ns=3 * 10**8, saving_usd_nanos=None, code_file="writer.py", code_line=12,
            code_function="search", raised_ns=row.started_ns,
        )
        for row in batch.executions
        if row.agent == "writer"
    ]  # fmt: skip
    store = open_store(folder / DATABASE)
    store.write(batch)
    store.close()
    return folder


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[Engine]:
    engine = open_store(":memory:")
    engine.write(changing_agents(20))
    yield engine
    engine.close()


@pytest.fixture
def asks_here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPOLE_DATA_FOLDER", str(folder))
    monkeypatch.setenv("LONGPOLE_PORT", "1")
    monkeypatch.setattr(settings, "_chosen", settings.load(data_folder=str(folder), port=1))


def longpole(*arguments: str) -> int:
    """The exit code of `longpole report` with these arguments."""
    before, sys.argv = sys.argv, ["longpole", "report", *arguments]
    try:
        return run_commands()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before


def printed(drawn: RenderableType, width: int) -> str:
    console = Console(width=width, record=True, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(drawn)
    return capture.get().replace("\u202f", " ")


@pytest.mark.usefixtures("asks_here")
def test_the_report_says_it_in_words_first(capsys: pytest.CaptureFixture[str]):
    assert longpole("--to", TO) == ExitCode.DONE
    text = capsys.readouterr().out.replace("\u202f", " ")
    assert text.startswith(
        "Report of 7 days, from 9 Oct 2026 to 16 Oct 2026 UTC\n\n1,120 executions of 4 agents in 7 days: "
    )
    words = " ".join(text.split())
    assert "writer: " in words
    assert "since 11 Oct, when version 1 → 2 came." in words
    assert "1. search is called again with the same arguments could save 84.0 s in 280 executions of writer" in words
    for heading in ("What to do first", "What changed", "Agents", "Failures", "Cost by model", "Capacity"):
        assert f"\n{heading}\n" in text


@pytest.mark.parametrize("width", [80, 140])
def test_every_line_fits_the_terminal_and_no_number_is_cut(store: Engine, width: int):
    report = REPORT.ask(store, [("to", TO)])
    text = printed(draw_report(report), width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    cut = [line for line in text.splitlines() if "…" in line and not any(one.isalpha() for one in line.split("…")[0])]
    assert cut == []
    assert "Nothing was found that would have saved time or money." in text


def test_an_empty_period_is_one_sentence_and_what_to_try(store: Engine):
    text = printed(draw_report(REPORT.ask(store, [("to", "2020-01-08T00:00:00Z")])), 80)
    assert text == (
        "Nothing ran from 1 Jan 2020 to 8 Jan 2020 UTC.\n"
        "A longer period may hold something: longpole report --period 30d\n"
    )


@pytest.mark.usefixtures("asks_here")
def test_json_is_the_answer_of_rest_and_of_the_program(capsys: pytest.CaptureFixture[str]):
    assert longpole("--json", "--to", TO, "--period", "2d", "--workspace", "default") == ExitCode.DONE
    report = json.loads(capsys.readouterr().out)
    assert (report["period"], len(report["stretches"])) == ("2d", 48)
    assert report["statistics"]["executions"]["value"] == 320
    told = ExecutionAnalytics.report("2d", to=TO)
    assert told.sentences == report["sentences"]
    assert told.agents[0].p50_ns.value == report["agents"][0]["p50_ns"]["value"]


@pytest.mark.usefixtures("asks_here")
def test_html_is_written_to_a_file_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "week.html"
    assert longpole("--html", str(file), "--to", TO, "--agent", "writer") == ExitCode.DONE
    said = capsys.readouterr().out
    assert said.startswith(f"Wrote {file} (")
    assert said.endswith("Open it in a browser; it needs no network.\n")
    page = file.read_text(encoding="utf-8")
    assert page == ExecutionAnalytics.report_page(agent_name="writer", to=TO).replace(
        '<span class="chip">workspace <b>default</b></span>', ""
    ).replace(" --workspace &#x27;default&#x27;", "")
    assert "search is called again with the same arguments" in page


@pytest.mark.usefixtures("asks_here")
def test_a_file_that_cannot_be_written_is_said_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert longpole("--html", str(tmp_path / "nowhere" / "week.html")) == ExitCode.WRONG_USE
    told = " ".join(capsys.readouterr().err.split())
    assert "No such file or directory" in told
    assert "Name another file after --html." in told


@pytest.mark.usefixtures("asks_here")
def test_a_wrong_period_is_wrong_use(capsys: pytest.CaptureFixture[str]):
    assert longpole("--period", "soon") == ExitCode.WRONG_USE
    assert "Write it like 24h, 7d or 4w." in " ".join(capsys.readouterr().err.split())
