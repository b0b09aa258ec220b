"""`longpole audit --measured` without a server: findings and answer go by the store of the data folder."""

from pathlib import Path

import pytest

from longpole.audit import Selection, audit_paths
from longpole.cli.audit_measured import draw_report, print_measured, verify_pairs
from longpole.model.clock import now_ns
from longpole.model.errors import InvalidInput
from longpole.store.store import open_store
from stored_executions import SECOND, Made

PROGRAM = """\
import asyncio
import time


async def ask() -> None:
    time.sleep(1)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with one execution of the program, whose loop stood, and the program itself."""
    monkeypatch.setenv("LONGPOLE_PORT", "1")  # where no server answers
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "ask.py").write_text(PROGRAM)
    made = Made()
    of = made.execution(now_ns() - 60 * SECOND, duration_ns=2 * SECOND)
    made.step(
        of, "time.sleep in ask (ask.py:6)", category="blocked_loop", code_file="/srv/shop/ask.py", code_line=6,
        code_function="ask",
    )  # fmt: skip
    store = open_store(tmp_path / "longpole.duckdb")
    store.write(made.batch)
    store.close()
    return tmp_path


def test_findings_meet_the_executions_of_the_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    selection = Selection(select=("LP002",), ruff=False)
    audited = folder / "shop"
    result = audit_paths([audited], selection=selection)
    report = print_measured(result, selection, [audited], data=str(folder))
    (item,) = report.items
    assert (item.program, item.ran_by, item.executions, item.saving_ns) == ("shop", "line", 1, 0)
    shown = capsys.readouterr().out.replace("\u202f", " ")
    assert "LP002 ask.py:6 blocked the loop 1.00 s per execution in 100.0 % of 1 execution" in shown

    (audited / "ask.py").write_text(PROGRAM.replace("time.sleep(1)", "await asyncio.sleep(1)"))
    report = print_measured(audit_paths([audited], selection=selection), selection, [audited], data=str(folder))
    (item,) = report.items
    assert item.state == "fixed"
    assert item.verified is not None
    assert draw_report(report)
    assert "not verified yet: 1 executions of shop before and 0 since" in capsys.readouterr().out


def test_an_audit_that_looks_for_less_fixes_nothing(folder: Path) -> None:
    everything = Selection(select=("LP002",), ruff=False)
    print_measured(audit_paths([folder], selection=everything), everything, [folder], program="x", data=str(folder))
    other = Selection(select=("LP004",), ruff=False)
    report = print_measured(audit_paths([folder], selection=other), other, [folder], program="x", data=str(folder))
    assert [item.state for item in report.items] == ["open"]


def test_the_sets_of_a_verification_are_versions_or_periods() -> None:
    time = "2026-11-21T12:00:00Z"
    assert verify_pairs("1", "2") == [("version", "1"), ("with_version", "2")]
    assert dict(verify_pairs(f"..{time}", f"{time}..")) == {
        "to": time, "with_from": time, "with_to": "9999-12-31T00:00:00Z",
    }  # fmt: skip
    with pytest.raises(InvalidInput, match="two versions, or two periods"):
        verify_pairs("1", f"{time}..")
