"""Executions are looked at as they settle, and what is found is added up over many."""

from collections.abc import Iterator
from io import StringIO

import pytest
from rich.console import Console

from execution_trees import agent, fact, span_id
from longpole.cli.draw_findings import draw_findings
from longpole.cli.repeats import draw_repeats
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.reports.finding_views import Findings
from longpole.reports.findings import findings_of
from longpole.reports.opportunities import OPPORTUNITIES
from longpole.reports.repeats import REPEATS
from longpole.server import finding_jobs
from longpole.server.finding_jobs import LAG_NS, findings_job
from longpole.server.jobs import Jobs
from longpole.store.engine import Engine
from longpole.store.store import open_store

MS = 1_000_000
NOW_NS = 1_795_225_553_000_000_000
ALL_TIME = [("from", "2026-01-01T00:00:00Z"), ("to", "2027-01-01T00:00:00Z")]


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a quarter of a second is not enough for three."""
    monkeypatch.setattr(finding_jobs, "BUDGET_S", 60.0)


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


def settle(store: Engine, number: int, *, wait_ms: int, settled_ns: int = NOW_NS) -> str:
    """Store an agent that loads twice the same and waits once for a rate limit; its execution id."""
    trace = f"{number:032x}"

    def step(place: int, start: int, end: int, **more: object) -> object:
        return fact(place, 0, trace=trace, start=NOW_NS + start * MS, end=NOW_NS + end * MS, **more)  # pyright: ignore

    load = {"category": "database", "name": "load", "argument_hash": "a"}
    failed = {"status": "failed", "error_type": "RateLimitError", "error_message": "429"}
    end = 300 + wait_ms
    facts = [
        agent(0, trace=trace, start=NOW_NS, end=NOW_NS + end * MS),
        step(1, 0, 100, **load),
        step(2, 100, 200, **load),
        step(3, 200, 210, category="llm", name="chat", **failed),
        step(4, 210, 210 + wait_ms, category="retry", name="back off"),
        step(5, 210 + wait_ms, end, category="llm", name="chat"),
    ]
    rows = build_rows(facts, now_ns=settled_ns)  # pyright: ignore[reportArgumentType]
    store.write(Batch(executions=rows.executions, steps=rows.steps, replace=[("default", trace)]))
    return trace + span_id(0)


def jobs_of(store: Engine, now: list[int]) -> Jobs:
    return Jobs(store, [findings_job(store)], holder="here", now=lambda: now[0])


def outcome(jobs: Jobs) -> str | None:
    return jobs.state().jobs[0].outcome


def test_what_settles_is_looked_at_once_and_added_up_by_place(store: Engine) -> None:
    for number in range(1, 4):
        settle(store, number, wait_ms=500)
    now = [NOW_NS + LAG_NS]
    jobs = jobs_of(store, now)
    jobs.turn()
    assert outcome(jobs) == "looked at 3 of 3 settled executions, 6 findings"
    now[0] += 10 * 10**9
    jobs.turn()
    assert outcome(jobs) == "looked at 0 of 0 settled executions, 0 findings"
    wait, repeat = OPPORTUNITIES.ask(store, ALL_TIME).opportunities
    assert (wait.rule, wait.executions, wait.saving_ns) == ("waits.rate_limit", 3, 3 * 510 * MS)
    assert (repeat.rule, repeat.executions, repeat.most_saving_ns) == ("repeats.same_call", 3, 100 * MS)


def test_what_settles_again_is_found_again_and_not_twice(store: Engine) -> None:
    settle(store, 1, wait_ms=500)
    now = [NOW_NS + LAG_NS]
    jobs = jobs_of(store, now)
    jobs.turn()
    now[0] += 10 * 10**9
    settle(store, 1, wait_ms=900, settled_ns=now[0] - LAG_NS)
    jobs.turn()
    wait, _ = OPPORTUNITIES.ask(store, ALL_TIME).opportunities
    assert (wait.executions, wait.saving_ns) == (1, 910 * MS)


def test_when_too_much_settles_the_longest_are_looked_at(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding_jobs, "BUDGET_S", 0.0)
    for number, wait_ms in enumerate((100, 900, 500), start=1):
        settle(store, number, wait_ms=wait_ms)
    jobs = jobs_of(store, [NOW_NS + LAG_NS])
    jobs.turn()
    assert outcome(jobs) == "looked at 1 of 3 settled executions, 2 findings"
    assert OPPORTUNITIES.ask(store, ALL_TIME).opportunities[0].saving_ns == 910 * MS


def printed(drawn: object, width: int = 80) -> str:
    screen = Console(file=StringIO(), width=width, legacy_windows=False)
    screen.print(drawn)
    return "\n".join(line.rstrip() for line in screen.file.getvalue().replace("\u202f", " ").splitlines())  # type: ignore[attr-defined]


def test_findings_are_said_with_what_they_save_together(store: Engine) -> None:
    found = findings_of(store, settle(store, 1, wait_ms=500))
    said = printed(draw_findings(found))
    assert "The first 2 together save 610 ms: it would take 190 ms." in said
    assert "! a0 waits once for the rate limit of chat\n  could save 510 ms · certain" in said
    assert "? load is called once more with the same arguments in a0\n  could save 100 ms · medium" in said
    assert max(map(len, said.splitlines())) <= 80


def test_an_execution_without_findings_says_so() -> None:
    nothing = Findings(
        execution_id="e", agent="a", status="success", is_running=False, duration_ns=5 * MS, saving_together_ns=0,
        together=[], findings=[],
    )  # fmt: skip
    assert "Nothing worth telling" in printed(draw_findings(nothing))


def test_repeated_operations_are_told_with_the_hit_rate_of_a_cache(store: Engine) -> None:
    for number in range(1, 4):
        settle(store, number, wait_ms=500)
    repeats = REPEATS.ask(store, ALL_TIME)
    (load,) = repeats.operations
    assert (load.name, load.calls, load.different_arguments, load.may_write) == ("load", 6, 1, False)
    hour = next(cache for cache in load.caches if cache.ttl_s == 3600)
    assert hour.hit_rate == pytest.approx(5 / 6)
    said = printed(draw_repeats(repeats), width=100)
    assert "A cache that keeps load for an hour would answer 83.3 % of its calls." in " ".join(said.split())
    assert "same arguments twice" in printed(draw_repeats(REPEATS.ask(store, [("agent", "nobody")])))
