"""The commands about many executions print sentences and tables that fit, and say so where there is nothing."""

import random
from collections.abc import Callable, Iterator

import pytest
from rich.console import Console, RenderableType

from longpole.cli.bottlenecks import draw_bottlenecks
from longpole.cli.failures import draw_failures
from longpole.cli.patterns import draw_input_patterns, draw_patterns
from longpole.cli.slow import draw_slow
from longpole.cli.statistics import draw_statistics
from longpole.model.clock import to_rfc3339
from longpole.reports.bottlenecks import BOTTLENECKS, SLOW_OPERATIONS
from longpole.reports.failures import FAILURES
from longpole.reports.input_patterns import INPUT_PATTERNS
from longpole.reports.patterns import PATTERNS
from longpole.reports.statistics import STATISTICS
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import DAY_NS, MONDAY_NS, SECOND, Made

WEEK = [("from", to_rfc3339(MONDAY_NS + 7 * DAY_NS)), ("to", to_rfc3339(MONDAY_NS + 14 * DAY_NS))]
EMPTY = [("from", to_rfc3339(MONDAY_NS + 70 * DAY_NS))]
DRAWINGS: dict[str, Callable[[Engine, list[tuple[str, str]]], RenderableType]] = {
    "failures": lambda store, asked: draw_failures(FAILURES.ask(store, asked)),
    "bottlenecks": lambda store, asked: draw_bottlenecks(BOTTLENECKS.ask(store, asked)),
    "slow": lambda store, asked: draw_slow(SLOW_OPERATIONS.ask(store, asked)),
    "statistics": lambda store, asked: draw_statistics(STATISTICS.ask(store, asked)),
    "patterns": lambda store, asked: draw_patterns(PATTERNS.ask(store, asked)),
    "inputs": lambda store, asked: draw_input_patterns(INPUT_PATTERNS.ask(store, asked)),
}


@pytest.fixture(scope="module")
def store() -> Iterator[Engine]:
    chance, made = random.Random(3), Made()
    for day in range(14):
        for number in range(96):
            is_bad = number // 4 == 20
            has_failed = chance.random() < (0.5 if is_bad else 0.03)
            run = made.execution(
                MONDAY_NS + day * DAY_NS + number * 900 * SECOND, agent="an-agent-with-a-rather-long-name",
                status="failed" if has_failed else "success", version="2", duration_ns=4 * SECOND, critical_ns=SECOND,
                failure_step_id=f"bad {day} {number}" if has_failed else None, path="llm > tool read the claim",
                path_hash="1", self_cost_usd_nanos=10**9, given='{"claim": {"kind": "car"}}',
            )  # fmt: skip
            made.step(run, "plan", critical_ns=SECOND, slack_ns=0)
            made.step(
                run, "read the claim and all of its attachments", after_ns=2 * SECOND, duration_ns=2 * SECOND,
                critical_ns=2 * SECOND, slack_ns=0, status="failed" if has_failed else "success",
                step_id=f"bad {day} {number}", error_type="PageError" if has_failed else None,
                error_message=f"page {number} of the claim cannot be read" if has_failed else None,
            )  # fmt: skip
    engine = open_store(":memory:")
    engine.write(made.batch)
    yield engine
    engine.close()


def printed(drawing: RenderableType, width: int) -> str:
    screen = Console(width=width, highlight=False, markup=False, emoji=False, no_color=True)
    with screen.capture() as capture:
        screen.print(drawing)
    return capture.get().replace("\u202f", " ")


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("width", [80, 140])
def test_no_line_is_wider_than_the_terminal(store: Engine, name: str, width: int) -> None:
    lines = printed(DRAWINGS[name](store, WEEK), width).splitlines()
    assert len(lines) > 3
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("name", DRAWINGS)
def test_where_nothing_ran_one_sentence_says_so(store: Engine, name: str) -> None:
    text = printed(DRAWINGS[name](store, EMPTY), 100).strip()
    assert text.startswith(("No ", "Nothing "))
    assert text.endswith(".")


def test_the_first_lines_say_it_in_words(store: Engine) -> None:
    first = {name: printed(draw(store, WEEK), 200).splitlines()[0] for name, draw in DRAWINGS.items()}
    assert first["bottlenecks"] == (
        "read the claim and all of its attachments of an-agent-with-a-rather-long-name is on the critical path in "
        "100.0 % of its executions and owns 50.0 % of critical time."
    )
    assert first["patterns"].startswith("In the hour from 20:00 UTC ")
    assert first["statistics"].startswith("672 executions from 2026-09-14 00:00 to 2026-09-21 00:00 UTC: 643 succeeded")
    assert first["inputs"].startswith("No key or value of inputs goes with failure")
    assert first["slow"].startswith("read the claim and all of its attachments of")
    assert "executions failed from" in first["failures"]


def test_a_group_of_errors_says_where_it_started_and_what_came_before(store: Engine) -> None:
    text = printed(DRAWINGS["failures"](store, WEEK), 140)
    assert "1. PageError: page <n> of the claim cannot be read" in text
    assert "started in read the claim and all of its attachments" in text
    assert "versions: 2" in text
    assert "before it: plan" in text


def test_of_a_first_period_nothing_is_claimed_and_few_executions_are_too_few() -> None:
    made = Made()
    for number in range(5):
        made.execution(MONDAY_NS + 8 * DAY_NS + number * SECOND, status="failed" if number else "success")
    few = open_store(":memory:")
    few.write(made.batch)
    assert "there is nothing to compare with" in printed(DRAWINGS["statistics"](few, WEEK), 140)
    assert "Nothing changed" not in printed(DRAWINGS["statistics"](few, WEEK), 140)
    assert printed(DRAWINGS["patterns"](few, WEEK), 140).startswith("Too little has run to tell")
    few.close()


def test_success_by_duration_and_scores_are_tables(store: Engine) -> None:
    text = printed(DRAWINGS["statistics"](store, WEEK), 140)
    assert "Changed by more than noise" in text or "Nothing changed by more than noise." in text
    assert "took" in text
