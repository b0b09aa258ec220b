"""`totals`, `critical-path`, `waiting` and `what-if` as a person meets them: drawings, options, exit codes."""

import json
import sys
from io import StringIO
from pathlib import Path

import pytest
from inline_snapshot import snapshot
from rich.console import Console, RenderableType

from execution_trees import SECOND, TRACE, agent, fact
from longpole.cli.commands import run_commands
from longpole.cli.draw_path import draw_critical_path, draw_totals, draw_waiting, draw_what_if
from longpole.cli.exit_codes import ExitCode
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.reports.critical_path import critical_path_of
from longpole.reports.totals import totals_of
from longpole.reports.waiting import waiting_of
from longpole.reports.what_if import what_if
from longpole.store.engine import Engine
from longpole.store.store import open_store

MS = 1_000_000


def keep(store: Engine) -> None:
    """An agent that looks two things up, searches three times at once, and waits for a model and its limit."""
    facts = (
        agent(0, end=1000 * MS, agent="helper"),
        fact(1, 0, start=10 * MS, end=110 * MS, name="profile", category="database"),
        fact(2, 0, start=110 * MS, end=210 * MS, name="orders", category="database"),
        fact(3, 0, start=220 * MS, end=500 * MS, name="search web", category="tool"),
        fact(4, 0, start=220 * MS, end=400 * MS, name="search mail", category="tool"),
        fact(5, 0, start=220 * MS, end=300 * MS, name="search files", category="tool", status="failed"),
        fact(6, 0, start=510 * MS, end=980 * MS, name="answer", category="llm", model="small", first_token_ns=90 * MS),
        fact(7, 6, start=520 * MS, end=560 * MS, name="rate limit of small", category="rate_limit"),
    )
    rows = build_rows(facts, now_ns=100 * SECOND)
    store.write(Batch(executions=rows.executions, steps=rows.steps))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that nobody holds; nothing listens at the default address."""
    monkeypatch.setenv("LONGPOLE_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("LONGPOLE_PORT", "1")
    monkeypatch.chdir(tmp_path)
    store = open_store(tmp_path / "longpole.duckdb")
    keep(store)
    store.close()
    return tmp_path


@pytest.fixture(scope="module")
def drawings() -> dict[str, RenderableType]:
    """What each command draws, by a name of its own."""
    store = open_store(":memory:")
    keep(store)
    asked = [("faster", "answer=2x"), ("parallel", "profile,orders")]
    found: dict[str, RenderableType] = {
        "totals": draw_totals(totals_of(store, TRACE, ()), width=80),
        "critical-path": draw_critical_path(critical_path_of(store, TRACE, ()), width=80),
        "waiting": draw_waiting(waiting_of(store, TRACE, ())),
        "what-if": draw_what_if(what_if(store, TRACE, ()), width=80),
        "what-if of something": draw_what_if(what_if(store, TRACE, asked), width=80),
        "what-if that does not matter": draw_what_if(what_if(store, TRACE, [("remove", "search files")]), width=80),
    }
    store.close()
    return found


def longpole(*arguments: str) -> int:
    """The exit code of `longpole` with these arguments."""
    before, sys.argv = sys.argv, ["longpole", *arguments]
    try:
        return run_commands()
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before


def printed(drawing: RenderableType, *, width: int = 80) -> str:
    """The drawing as text, lines without the blanks at their ends."""
    screen = Console(file=StringIO(), width=width, highlight=False, markup=False, emoji=False)
    screen.print(drawing)
    written = screen.file.getvalue()  # pyright: ignore[reportAttributeAccessIssue]
    return "\n".join(line.rstrip() for line in written.splitlines())


def test_totals_say_where_the_time_went(drawings: dict[str, RenderableType]) -> None:
    assert printed(drawings["totals"]) == snapshot("""\
helper  1.00\u202fs · ✓ success
470\u202fms with a model call open, 530\u202fms without; 95.0\u202f% explained
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0000000000000001

━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━░░░░━━━
model 38.0\u202f% · tool 28.0\u202f% · database 20.0\u202f% · waiting for first token 5.0\u202f% ·
unexplained 5.0\u202f% · rate limit 4.0\u202f%

category    count  failed   total     own  critical  of wall time
model           1       -  470\u202fms  430\u202fms    430\u202fms        43.0\u202f%
tool            3       1  540\u202fms  540\u202fms    280\u202fms        28.0\u202f%
database        2       -  200\u202fms  200\u202fms    200\u202fms        20.0\u202f%
agent           1       -  1.00\u202fs   50\u202fms     50\u202fms         5.0\u202f%
rate limit      1       -   40\u202fms   40\u202fms     40\u202fms         4.0\u202f%

agent   count  failed   total     own  critical  of wall time
helper      1       -  1.00\u202fs  1.26\u202fs    1.00\u202fs       100.0\u202f%

step                 count  failed   total     own  critical  of wall time
answer                   1       -  470\u202fms  430\u202fms    430\u202fms        43.0\u202f%
search web               1       -  280\u202fms  280\u202fms    280\u202fms        28.0\u202f%
orders                   1       -  100\u202fms  100\u202fms    100\u202fms        10.0\u202f%
profile                  1       -  100\u202fms  100\u202fms    100\u202fms        10.0\u202f%
rate limit of small      1       -   40\u202fms   40\u202fms     40\u202fms         4.0\u202f%
search mail              1       -  180\u202fms  180\u202fms       0\u202fs         0.0\u202f%
search files             1       1   80\u202fms   80\u202fms       0\u202fs         0.0\u202f%

model  count  failed   total     own  critical  of wall time
small      1       -  470\u202fms  430\u202fms    430\u202fms        43.0\u202f%\
""")


def test_the_critical_path_is_a_strip_and_a_list(drawings: dict[str, RenderableType]) -> None:
    assert printed(drawings["critical-path"]) == snapshot("""\
helper  1.00\u202fs · ✓ success
5 steps and 1 agent on the critical path; answer holds 43.0\u202f% of it; 40\u202fms of it
in retries and limits
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0000000000000001

░━━━━━━━━━━━━━━━━░━━━━━━━━━━━━━━━━━━━━━━░━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━░░
    at  on the path      category     critical   share    took  id
   0\u202fs  helper           unexplained     50\u202fms   5.0\u202f%  1.00\u202fs  0000000000000001
 10\u202fms  profile          database       100\u202fms  10.0\u202f%  100\u202fms  0000000000000002
110\u202fms  orders           database       100\u202fms  10.0\u202f%  100\u202fms  0000000000000003
220\u202fms  search web       tool           280\u202fms  28.0\u202f%  280\u202fms  0000000000000004
510\u202fms  answer           model          430\u202fms  43.0\u202f%  470\u202fms  0000000000000007
520\u202fms  rate limit of …  rate limit      40\u202fms   4.0\u202f%   40\u202fms  0000000000000008

beside it     category    took   slack  id
search mail   tool      180\u202fms  100\u202fms  0000000000000005
search files  tool       80\u202fms  200\u202fms  0000000000000006\
""")


def test_waits_come_by_kind_and_joins_with_their_straggler(drawings: dict[str, RenderableType]) -> None:
    assert printed(drawings["waiting"]) == snapshot("""\
helper  1.00\u202fs · ✓ success
90\u202fms of the critical path were waits; search web held a join up by 100\u202fms
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0000000000000001

wait for     count  critical  share  total    p50  longest  longest of
first token      1     50\u202fms  5.0\u202f%  90\u202fms  90\u202fms    90\u202fms  answer
rate limit       1     40\u202fms  4.0\u202f%  40\u202fms  40\u202fms    40\u202fms  rate limit of small

join at  straggler   later by  branches  others waited  before
 500\u202fms  search web    100\u202fms         3         300\u202fms  answer\
""")


def test_without_a_change_it_lists_what_could_be_tried(drawings: dict[str, RenderableType]) -> None:
    assert printed(drawings["what-if"]) == snapshot("""\
helper  1.00\u202fs · ✓ success
What could be tried, each by itself:
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0000000000000001

change                           saves   share  takes then  steps
--faster answer=2x              235\u202fms  23.5\u202f%      765\u202fms      1
--faster 'search web=2x'        100\u202fms  10.0\u202f%      900\u202fms      1
--parallel profile,orders       100\u202fms  10.0\u202f%      900\u202fms      2
--parallel 'orders,search web'   90\u202fms   9.0\u202f%      910\u202fms      2
--faster orders=2x               50\u202fms   5.0\u202f%      950\u202fms      1
--faster profile=2x              50\u202fms   5.0\u202f%      950\u202fms      1
--remove 'rate limit of small'   40\u202fms   4.0\u202f%      960\u202fms      1
? profile and orders: unknown, confidence low · the output of profile was not
recorded
? orders and search web: unknown, confidence low · the output of orders was not
recorded
Several at once: longpole what-if aaaaaaaaaaaa --faster answer=2x --faster
'search web=2x'\
""")


def test_changes_are_told_together_and_one_by_one(drawings: dict[str, RenderableType]) -> None:
    assert printed(drawings["what-if of something"]) == snapshot("""\
helper  1.00\u202fs · ✓ success
It would take 665\u202fms: 335\u202fms less (33.5\u202f%).
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0000000000000001

change                      saves   share  takes then  steps
--faster answer=2x         235\u202fms  23.5\u202f%      765\u202fms      1
--parallel profile,orders  100\u202fms  10.0\u202f%      900\u202fms      2
? profile and orders: unknown, confidence low · the output of profile was not
recorded

the critical path then
░━━━━━━━━━━━━░━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━░━━━━━━━━━━━━━━━━━━━━━━━━━━━━━░░\
""")


def test_a_change_beside_the_critical_path_says_that_it_does_not_matter(drawings: dict[str, RenderableType]) -> None:
    assert "It would take as long: what changes is not on the critical path." in printed(
        drawings["what-if that does not matter"]
    )


@pytest.mark.parametrize("width", [80, 140])
def test_no_line_is_wider_than_the_terminal(drawings: dict[str, RenderableType], width: int) -> None:
    lines = [line for drawing in drawings.values() for line in printed(drawing, width=width).splitlines()]
    assert max(len(line) for line in lines) <= width


def test_the_options_are_the_changes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--faster", "answer=2x", "--remove", "orders", "--parallel", "profile,search web", "--cache", "profile")
    assert longpole("what-if", TRACE, *options, "--json") == ExitCode.DONE
    found = json.loads(capsys.readouterr().out)
    assert {change["deed"] for change in found["changes"]} == {"faster", "remove", "parallel", "cache"}
    assert found["after_ns"] < found["before_ns"] == 1000 * MS


def test_a_step_that_is_not_there_names_the_nearest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert longpole("what-if", TRACE, "--remove", "serch web") == ExitCode.WRONG_USE
    assert "Did you mean 'search web'?" in capsys.readouterr().err
