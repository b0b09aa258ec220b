"""How an execution stands, in the terminal: stages, waits, what stood still, what ran when nothing more was heard."""

from collections.abc import Iterator
from io import StringIO

import pytest
from inline_snapshot import snapshot
from rich.console import Console

from execution_trees import TRACE, agent, fact, span_id
from longpole.cli.draw_tree import draw_tree
from longpole.ingest.facts import Facts
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.model.event import Event, Score
from longpole.model.process import ProcessSeen
from longpole.reports.one_execution import tree_of
from longpole.store.engine import Engine
from longpole.store.store import open_store

MS = 1_000_000
STARTED_NS = 1_795_225_553_000_000_000
STAGES = (
    (0, "init", "started", None),
    (3, "init", "completed", 3),
    (5, "llm_call", "started", None),
    (1205, "llm_call", "left_open", 1200),
    (1205, "llm_parse", "started", None),
)


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def moment(after_ms: int) -> int:
    return STARTED_NS + after_ms * MS


def step(number: int, start_ms: int, end_ms: int | None, category: str, name: str, **more: object) -> Facts:
    end = None if end_ms is None else moment(end_ms)
    below = more.pop("below", 0)
    return fact(number, below, start=moment(start_ms), end=end, category=category, name=name, **more)  # pyright: ignore


def triage(*, has_crashed: bool) -> list[Facts]:
    """An execution with stages and every kind of wait, running, or crashed after 4 s."""
    place = {"workspace": "default", "trace_id": TRACE, "execution_id": None, "received_ns": 1}
    stages = [
        Event(
            span_id=span_id(0),
            event_index=index,
            time_ns=moment(at),
            name="longpole.stage",
            kind="stage",
            stage=stage,
            status=status,
            duration_ns=None if duration is None else duration * MS,
            **place,
        )
        for index, (at, stage, status, duration) in enumerate(STAGES)
    ]
    blocked = Event(
        span_id=span_id(4),
        event_index=0,
        time_ns=moment(1500),
        name="longpole.loop_blocked",
        kind="blocked",
        message="pandas.read_csv",
        duration_ns=120 * MS,
        **place,
    )
    gone: dict[str, object] = {
        "status": "crashed",
        "error_type": "ProcessGone",
        "error_message": "Its process is gone.",
    }
    end = 4000 if has_crashed else None
    stands = gone if has_crashed else {}
    waits = gone if has_crashed else {"status": "llm_request"}
    top = agent(
        0, start=moment(0), end=end and moment(end), agent="triage", events=stages, steps_announced=10, **stands
    )
    return [
        top,
        step(1, 5, 1205, "llm", "chat", model="gpt-5.2-mini", first_token_ns=300 * MS),
        step(2, 1205, 1405, "queue", "wait for a worker"),
        step(3, 1405, 1500, "tool", "lookup", status="failed", error_type="RateLimitError"),
        step(5, 1500, 1900, "rate_limit", "Retry-After"),
        step(4, 1400, 2000, "tool", "search", events=[blocked]),
        step(6, 1900, 2500, "tool", "lookup", attempt=2),
        step(7, 2000, 2120, "blocked_loop", "pandas.read_csv", below=6),
        step(8, 2500, end, "llm", "chat", model="gpt-5.2-mini", **waits),
    ]


def printed(store: Engine, facts: list[Facts], *, width: int = 100) -> str:
    """The tree of these spans, narrow spaces made plain and line ends trimmed."""
    rows = build_rows(facts, now_ns=moment(9000))
    store.write(Batch(executions=rows.executions, steps=rows.steps, events=rows.events))
    out = StringIO()
    screen = Console(file=out, width=width, highlight=False, markup=False, emoji=False)
    screen.print(draw_tree(tree_of(store, TRACE), width=width))
    return "\n".join(line.rstrip() for line in out.getvalue().replace("\u202f", " ").splitlines())


def test_a_running_execution_shows_its_stages_waits_and_what_it_waits_for(store: Engine) -> None:
    verdict, _, rest = printed(store, triage(has_crashed=False)).partition("\n")
    assert verdict.startswith("triage  2.50 s so far · ▸ running · 6 of 10 steps done")
    assert rest == snapshot("""\
now waiting for gpt-5.2-mini (chat)
2026-11-21 01:45:53 UTC · 2 model calls · tokens unknown · cost unknown
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0000000000000001

model                    900 ms  36.0 %  ━━━━━━━━━━━
tool                     575 ms  23.0 %  ━━━━━━━
rate limit               400 ms  16.0 %  ━━━━━
waiting for first token  300 ms  12.0 %  ━━━━
queue                    200 ms   8.0 %  ━━
blocked event loop       120 ms   4.8 %  ━
unexplained                5 ms   0.2 %  ━

stages  init 3 ms · llm_call 1.20 s left open · llm_parse…

step                0 s                             2.50 s    time  tokens status
triage              ━────────────────────────────────────› 2.50 s…         ▸ running
├ chat              ━━━━━━━━━━━━━━━━━━━                     1.20 s unknown
├ wait for a worker                   ━━━━                  200 ms         queue
├ search                                 ──────────         600 ms         stood still 120 ms
├ lookup                                 ━━                  95 ms         ✗ failed RateLimitError
├ Retry-After                             ━━━━━━━           400 ms         rate limit
├ lookup                                        ━━━─━━━━━━  600 ms         attempt 2
│ └ pandas.read_csv                               ━━━       120 ms         blocked event loop
└ chat                                                   ›    0 s…         ◷ waiting for gpt-5.2-m…

coverage   99.8 % explained · largest gap 5 ms · 7 of 9 operations timed · see longpole coverage\
""")


def test_a_crashed_execution_says_when_it_was_last_heard_and_what_it_did_then(store: Engine) -> None:
    said = printed(store, triage(has_crashed=True)).splitlines()
    assert said[0].startswith("triage  4.00 s · ↯ crashed")
    assert said[1] == "its process was last heard at 01:45:57 UTC while waiting for gpt-5.2-mini (chat)"
    assert "Its process is gone." not in "\n".join(said)
    assert next(line for line in said if line.startswith("└ chat")).endswith("↯ crashed")


def test_a_crash_that_the_program_told_of_keeps_its_error(store: Engine) -> None:
    crashed = {"status": "crashed", "error_type": "SegmentationFault", "error_message": "signal 11"}
    said = printed(store, [agent(0, start=moment(0), end=moment(5), **crashed)])
    assert "crashed SegmentationFault" in said
    assert "signal 11" in said
    assert "last heard" not in said


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_row_is_wider_than_the_terminal(store: Engine, width: int) -> None:
    said = printed(store, triage(has_crashed=False), width=width)
    assert max(len(line) for line in said.splitlines()) <= width


def test_scores_and_the_recording_are_said_below_the_tree(store: Engine) -> None:
    facts = [agent(0, start=moment(0), end=moment(4000), process="p-17"), step(1, 0, 4000, "tool", "search")]
    told = Batch(
        scores=[
            Score(
                workspace="default",
                execution_id=TRACE + span_id(0),
                trace_id=TRACE,
                name="helpfulness",
                value=0.8,
                label="good",
                time_ns=moment(5000),
                received_ns=1,
            )
        ],
        processes=[
            ProcessSeen(
                workspace="default",
                process="p-17",
                started_ns=moment(0),
                last_heard_ns=moment(10_000),
                recorded=1204,
                dropped=3,
                open_count=0,
                background_ns=20 * MS,
                caller_ns=10 * MS,
            )
        ],
    )
    store.write(told)
    said = printed(store, facts)
    assert said[said.index("scored") :] == snapshot("""\
scored       value  label  comment
helpfulness    0.8  good

coverage   100.0 % explained · 2 of 2 operations timed
recording  1,204 steps · 0 open · 3 dropped · overhead 0.3 % · last heard 01:46:03 UTC · p-17\
""")


def test_credits_scopes_and_the_weight_of_a_sample_are_said_at_the_head(store: Engine) -> None:
    told = {"credits": 12.5, "credits_unit": "points", "scopes": '{"vault_id": "v-7"}', "weight": 20.0}
    said = printed(store, [agent(0, start=moment(0), end=moment(5), **told)])
    assert "12.5 points · vault_id v-7 · stands for 20 executions" in said.replace("\n", " ")
