"""`cost`, `compare` and `why-not` as a person meets them: sentences first, tables that fit, nothing that is obeyed."""

import random
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from longpole.cli.commands import run_commands
from longpole.cli.cost import draw_costs
from longpole.cli.draw_compare import draw_comparison, draw_sets, draw_standing
from longpole.cli.exit_codes import ExitCode
from longpole.cli.why_not import draw_why_not
from longpole.model.event import AgentSeen
from longpole.reports.comparison import COMPARE
from longpole.reports.costs import COSTS
from longpole.reports.execution_list import list_executions
from longpole.reports.filters import read_execution_filters
from longpole.reports.set_comparison import COMPARE_SETS, STANDING
from longpole.reports.why_not import WHY_NOT
from longpole.store.store import open_store
from stored_executions import MONDAY_NS, SECOND, Made

HOSTILE = "evil\x1b]0;title\x07\x1b[31mname"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that nobody holds, with two versions of an agent; nothing listens at the default address."""
    monkeypatch.setenv("LONGPOLE_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("LONGPOLE_PORT", "1")
    monkeypatch.chdir(tmp_path)
    made, chance = Made(), random.Random(1)
    for number in range(80):
        version = "1" if number < 40 else "2"
        took_ns = round((2 if number < 40 else 3) * SECOND * chance.lognormvariate(0, 0.2))
        top = made.execution(MONDAY_NS + number * 60 * SECOND, version=version, duration_ns=took_ns, user_id="u-1")
        made.step(
            top, "ask the model for the answer that the customer will read", duration_ns=took_ns, critical_ns=took_ns,
            category="llm", model="gpt-5.1", input_tokens=1000, output_tokens=100, cost_usd_nanos=2_250_000,
            price_version="genai-prices 1", is_counted=True,
        )  # fmt: skip
    failed = made.execution(MONDAY_NS, agent=HOSTILE, status="failed", error_type="Oh", error_message="\x1b[2J" * 40)
    made.step(failed, HOSTILE, is_counted=True, category="llm", model=HOSTILE)
    store = open_store(tmp_path / "longpole.duckdb")
    made.batch.agents = [
        AgentSeen(workspace="default", agent=name, first_seen_ns=1, last_seen_ns=2) for name in ("shop", HOSTILE)
    ]
    store.write(made.batch)
    store.close()
    return tmp_path


def longpole(*arguments: str) -> int:
    """The exit code of `longpole` with these arguments."""
    before, sys.argv = sys.argv, ["longpole", *arguments]
    try:
        return run_commands()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before


def test_the_sentence_comes_first_and_tells_what_is_unknown(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("cost", "--by", "model") == ExitCode.DONE
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("81 model calls cost $0.180, as far as is known: the cost of 1 call is unknown.")
    assert "1 of them told no tokens. Priced by genai-prices 1 (80 calls)." in said
    assert longpole("compare", "--agent", "shop", "--version", "1", "--with-version", "2") == ExitCode.DONE
    said = capsys.readouterr().out
    assert said.startswith("40 executions against 40: B is ")
    assert "slower at the median" in said
    assert longpole("compare", "--agent", "shpo", "--version", "1", "--with-version", "2") == ExitCode.DONE
    assert capsys.readouterr().out.startswith("Neither set has a finished execution of shpo")
    assert longpole("why-not", "shpo") == ExitCode.DONE
    assert "Names like it: shop." in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("arguments", [["cost", "--by", "model"], ["why-not", HOSTILE], ["why-not", "evil"]])
def test_a_hostile_name_is_shown_and_not_obeyed(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert longpole(*arguments) == ExitCode.DONE
    printed = capsys.readouterr().out
    assert "evil" in printed
    assert not any(ord(letter) < 32 and letter != "\n" for letter in printed)


@pytest.mark.parametrize("width", [80, 140])
def test_no_line_is_wider_than_the_terminal(folder: Path, width: int) -> None:
    store = open_store(folder / "longpole.duckdb")
    asked = [("agent", "shop"), ("version", "1"), ("with_version", "2")]
    shops = list_executions(store, read_execution_filters([("agent", "shop")])).items
    first, other = shops[0].execution_id, shops[-1].execution_id
    drawings = [
        draw_costs(COSTS.ask(store, [("by", "model")])),
        draw_why_not(WHY_NOT.ask(store, [("agent", "shop")])),
        draw_why_not(WHY_NOT.ask(store, [("agent", HOSTILE)])),
        draw_comparison(COMPARE.ask(store, [("a", first), ("b", other)]), show_all=True),
        draw_sets(COMPARE_SETS.ask(store, asked), show_all=True),
        draw_standing(STANDING.ask(store, first, [])),
    ]
    store.close()
    for drawing in drawings:
        out = StringIO()
        Console(file=out, width=width, highlight=False, markup=False, emoji=False).print(drawing)
        assert max(cell_len(line.rstrip()) for line in out.getvalue().splitlines()) <= width
        assert "…" not in out.getvalue().splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["compare"], "longpole compare A B"),
        (["compare", "1f3", "--agent", "shop"], "Both executions and sets were given"),
        (["compare", "--agent", "shop", "--with-version", "2"], "overlap"),
        (["cost", "--by", "colour"], "colour"),
        (["cost", "--by", "user", "--model", "gpt-5.1"], "Expected one of agent, model"),
        (["why-not", ""], "The filter 'agent' is missing"),
    ],
)
def test_a_question_that_cannot_be_asked_says_what_is_expected(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert longpole(*arguments) == ExitCode.WRONG_USE
    assert words in " ".join(capsys.readouterr().err.split())
