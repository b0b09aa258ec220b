"""What the terminal shows, at 100 columns and without colour; somebody read these."""

import re
from collections.abc import Iterator
from io import StringIO

import pytest
from inline_snapshot import snapshot
from rich.console import Console, RenderableType

from longpole.cli.draw_tree import draw_tree
from longpole.cli.list import draw_page
from longpole.cli.overview import draw_overview
from longpole.reports.execution_list import list_executions
from longpole.reports.filter_values import Scope
from longpole.reports.filters import ExecutionFilters
from longpole.reports.one_execution import tree_of
from longpole.reports.overview import overview_of
from longpole.reports.views import ExecutionPage
from longpole.store.engine import Engine
from longpole.store.store import open_store
from triage_example import SECOND, STARTED_NS, TRACE_ID, registered_agent, triage_batch

RUNNING_TRACE = "9" * 32
NOW_NS = STARTED_NS + 72 * SECOND


@pytest.fixture(scope="module")
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    engine.write(triage_batch())
    engine.write(triage_batch(trace_id=RUNNING_TRACE, is_running=True, after_ns=60 * SECOND), fresh=True)
    engine.write(registered_agent("escalate-to-human"))
    yield engine
    engine.close()


def printed(drawing: RenderableType, *, width: int = 100, color: bool = False) -> str:
    """What a console of this width prints, narrow spaces made plain and line ends trimmed."""
    out = StringIO()
    system = "standard" if color else None
    screen = Console(
        file=out, width=width, color_system=system, force_terminal=color, highlight=False, markup=False, emoji=False
    )
    screen.print(drawing)
    return "\n".join(line.rstrip() for line in out.getvalue().replace("\u202f", " ").splitlines())


def test_a_finished_execution_is_a_verdict_shares_and_a_falling_path(store: Engine) -> None:
    assert printed(draw_tree(tree_of(store, TRACE_ID), width=100)) == snapshot("""\
claims-triage  10.0 s · ✗ failed Timeout
no answer in 900 ms
2026-11-21 01:45:53 UTC · 9 steps · 2 model calls · 2,100 tokens in, 400 out · cost $0.0042 · cost
of 1 call unknown
0af7651916cd43dd8448eb211c80319caaaaaaaaaaaaaaaa

model                    4.70 s  47.0 %  ━━━━━━━━━━━━━━
unexplained              2.10 s  21.0 %  ━━━━━━
tool                     1.90 s  19.0 %  ━━━━━━
waiting for first token  800 ms   8.0 %  ━━
database                 500 ms   5.0 %  ━━

step              0 s                                 10.0 s   time tokens status
claims-triage     ━━━──────────────────────────────────━━━━━ 10.0 s  2,500 ✗ failed Timeout
├ get_profile       ━━━                                      500 ms
├ plan                ━━━━━━━━━━━━━                          3.00 s  1,540
├ embed ×5                        ━━━━━                      1.00 s
└ damage-assessor                      ━━━─────────────━     4.00 s    960
  ├ look                                 ━━━━━━━━━━━         2.50 s    960
  └ price                                          ━━━━━     900 ms        ✗ failed Timeout

decided             score  outcome  reason
fraud-review  0.58 < 0.65  skipped  below 5,000 €

coverage   79.0 % explained · largest gap 1.00 s · 11 of 11 operations timed · see longpole coverage\
""")


def test_a_running_execution_says_so_far_and_leaves_its_bars_open(store: Engine) -> None:
    assert printed(draw_tree(tree_of(store, RUNNING_TRACE), width=100)) == snapshot("""\
claims-triage  8.00 s so far · ▸ running · 8 of 9 steps done
now running price
2026-11-21 01:46:53 UTC · 2 model calls · 2,100 tokens in, 400 out · cost $0.0042 · cost of 1 call
unknown
99999999999999999999999999999999aaaaaaaaaaaaaaaa

model                    4.70 s  58.8 %  ━━━━━━━━━━━━━━━━━━
tool                     1.00 s  12.5 %  ━━━━
unexplained              1.00 s  12.5 %  ━━━━
waiting for first token  800 ms  10.0 %  ━━━
database                 500 ms   6.2 %  ━━

step              0 s                                8.00 s    time tokens status
claims-triage     ━━━─────────────────────────────────────› 8.00 s…  2,500 ▸ running
├ get_profile       ━━━━                                     500 ms
├ plan                 ━━━━━━━━━━━━━━━━                      3.00 s  1,540
├ embed ×5                            ━━━━━━                 1.00 s
└ damage-assessor                          ━━━━───────────› 3.00 s…    960 ▸ running
  ├ look                                      ━━━━━━━━━━━━━  2.50 s    960
  └ price                                                 ›    0 s…        ▸ running

decided             score  outcome  reason
fraud-review  0.58 < 0.65  skipped  below 5,000 €

coverage   87.5 % explained · largest gap 500 ms · 8 of 11 operations timed · see longpole coverage\
""")


def test_the_list_fits_one_hundred_columns(store: Engine) -> None:
    assert printed(draw_page(list_executions(store, ExecutionFilters()), now_ns=NOW_NS)) == snapshot("""\
started (UTC)   agent              status               time   steps  tokens      cost  id
11-21 01:46:58  ↳ damage-assessor  ▸ running         7.00 s…  1 of 2     960   unknown  bbbbbbbbbbbb
11-21 01:46:53  claims-triage      ▸ running         12.0 s…  8 of 9   2,500  $0.0042+  aaaaaaaaaaaa
11-21 01:45:58  ↳ damage-assessor  ✓ success          4.00 s       2     960   unknown  bbbbbbbbbbbb
11-21 01:45:53  claims-triage      ✗ failed Timeout   10.0 s       9   2,500  $0.0042+  aaaaaaaaaaaa\
""")


def test_the_overview_names_agents_that_never_ran(store: Engine) -> None:
    assert printed(draw_overview(overview_of(store, Scope()))) == snapshot("""\
4 executions · 18 steps · 50.0 % succeeded · 2 running · 1 failed · 4,200 tokens in, 800 out · cost
$0.0084 · cost of 2 calls unknown

agent                   runs  success  failed  skipped     p50     p95  tokens     cost
claims-triage              2    0.0 %       1        –  10.0 s  10.0 s   3,080  $0.0084
damage-assessor            2  100.0 %       –        –  4.00 s  4.00 s   1,920  unknown
escalate-to-human  never ran        –       –        –       –       –       –        –

category  steps  failed     p50     p95  own time  tokens     cost
model         4       –  2.75 s  3.00 s    5.50 s   5,000  $0.0084
tool         12       1  200 ms  550 ms    1.90 s       –        –
database      2       –  500 ms  500 ms    500 ms       –        –\
""")


def test_without_colour_nothing_but_colour_is_lost(store: Engine) -> None:
    tree = draw_tree(tree_of(store, TRACE_ID), width=100)
    colored = Console(width=100).render_str(printed(tree, color=True))
    assert "✗ failed" in printed(tree)
    assert "\x1b[" not in printed(tree)
    assert "\x1b[" in colored.plain


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_line_of_a_tree_is_wider_than_the_terminal(store: Engine, width: int) -> None:
    text = printed(draw_tree(tree_of(store, TRACE_ID), width=width), width=width)
    rows = text[text.index("step ") :].splitlines()
    assert max(len(line) for line in rows) <= width
    assert "10.0 s" in rows[1]


def test_all_steps_are_shown_one_by_one_when_asked(store: Engine) -> None:
    tree = tree_of(store, TRACE_ID)
    assert printed(draw_tree(tree, width=100)).count("embed") == 1
    assert printed(draw_tree(tree, width=100, show_all=True)).count("embed") == 5


def test_an_id_and_a_number_survive_a_long_agent_name(store: Engine) -> None:
    page = list_executions(store, ExecutionFilters())
    for item in page.items:
        item.agent = "an-agent-with-a-name-that-nobody-would-type-twice-in-one-day"
        item.error_type = "some.package.SomethingWentTerriblyWrongError"
    text = printed(draw_page(ExecutionPage(items=page.items, next_cursor=None), now_ns=NOW_NS))
    assert max(len(line) for line in text.splitlines()) <= 100
    assert all("a" * 12 in line or "b" * 12 in line for line in text.splitlines()[1:])


def test_markup_in_a_name_is_shown_as_it_is(store: Engine) -> None:
    page = list_executions(store, ExecutionFilters())
    page.items[0].agent = "[bold]x[/bold]"
    assert "[bold]x[/bold]" in printed(draw_page(page, now_ns=NOW_NS))


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_loses_columns_and_no_digits(store: Engine, width: int) -> None:
    listed = printed(draw_page(list_executions(store, ExecutionFilters()), now_ns=NOW_NS), width=width)
    whole = printed(draw_overview(overview_of(store, Scope())), width=width)
    assert max(len(line) for line in [*listed.splitlines(), *whole.splitlines()]) <= width
    assert all(line.endswith(("a" * 12, "b" * 12)) for line in listed.splitlines()[1:])
    for line in listed.splitlines()[1:]:
        assert re.search(r" (7.00 s…|12.0 s…|4.00 s|10.0 s) ", line)
    assert "10.0 s  10.0 s" in whole
    assert not re.search(r"\d…", re.sub(r"s…", "s", listed + whole))
