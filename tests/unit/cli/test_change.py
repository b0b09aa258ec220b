"""What `longpole regressions`, `trends` and `capacity` print: words that fit, and say so where there is nothing."""

from collections.abc import Iterator

import pytest
from rich.console import Console, RenderableType

from changing_agents import END_NS, PERIOD, changing_agents
from longpole.cli.capacity import draw_capacity
from longpole.cli.regressions import draw_regressions
from longpole.cli.trends import draw_trend, draw_trends
from longpole.reports.change_questions import CAPACITY, REGRESSIONS, TRENDS
from longpole.reports.filters import read_trend_filters
from longpole.reports.trend import trend_of
from longpole.store.engine import Engine
from longpole.store.store import open_store


@pytest.fixture(scope="module")
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    engine.write(changing_agents())
    yield engine
    engine.close()


def printed(drawn: RenderableType, width: int = 100) -> str:
    console = Console(width=width, record=True, color_system=None, highlight=False)
    with console.capture() as capture:
        console.print(drawn)
    return capture.get().replace("\u202f", " ")


def test_a_regression_reads_as_what_where_then_and_first(store: Engine):
    text = printed(draw_regressions(REGRESSIONS.ask(store, [*PERIOD, ("agent", "writer")])))
    assert text.startswith("1 regression between 2026-09-01 and 2026-10-31, 20 series of numbers looked at.")
    assert "▲ writer since 2026-10-11, over 99.9 % sure" in text
    assert "by slower calls" in text
    assert "by more calls" not in text
    assert "version 1 → 2, first seen 2026-10-11" in text


def test_no_regression_and_no_data_are_said_in_words(store: Engine):
    quiet = printed(draw_regressions(REGRESSIONS.ask(store, [*PERIOD, ("agent", "quiet")])))
    assert quiet.startswith("Nothing got worse between 2026-09-01 and 2026-10-31: 20 series of numbers looked at")
    empty = [("from", "2020-01-01T00:00:00Z"), ("to", "2020-02-01T00:00:00Z")]
    assert "Too little ran" in printed(draw_regressions(REGRESSIONS.ask(store, empty)))
    assert "No agent ran" in printed(draw_trends(TRENDS.ask(store, empty)))
    assert "Nothing ran" in printed(draw_capacity(CAPACITY.ask(store, empty)))
    nothing = trend_of(store, read_trend_filters([("operation", "unheard of")]), END_NS)
    assert printed(draw_trend(nothing)) == "Nothing named 'unheard of' ended within 30 days.\n"


@pytest.mark.parametrize("width", [80, 140])
def test_every_line_fits_the_terminal_and_no_number_is_cut(store: Engine, width: int):
    drawings = (
        draw_regressions(REGRESSIONS.ask(store, [*PERIOD, ("show", "all")])),
        draw_trends(TRENDS.ask(store, PERIOD)),
        draw_trend(trend_of(store, read_trend_filters([("operation", "search"), ("days", "60")]), END_NS - 1)),
        draw_capacity(CAPACITY.ask(store, [*PERIOD, ("rate_limit", "model-a=10/min")])),
    )
    for drawn in drawings:
        text = printed(drawn, width)
        assert max(map(len, text.splitlines())) <= width
        assert "…" not in text


def test_trends_show_bars_and_the_days_on_which_numbers_changed(store: Engine):
    lines = printed(draw_trends(TRENDS.ask(store, PERIOD)), 140).splitlines()
    assert lines[0] == "4 agents between 2026-09-01 and 2026-10-31; the numbers of 3 changed."
    assert next(line for line in lines if line.startswith("quiet")).split()[1] == "2,400"
    assert any(line.startswith("2026-10-16  flaky: failures 1.6 % → ") for line in lines)


def test_a_limit_far_away_and_one_that_was_reached_are_said_in_words(store: Engine):
    text = printed(draw_capacity(CAPACITY.ask(store, [*PERIOD, ("rate_limit", "model-a=10/min")])))
    words = " ".join(text.split())
    start = "model-a: the limit of 600 calls an hour (1.8 % of it used in the busiest)"
    assert f"{start} is not reached within 90 days as it goes." in words
    text = printed(draw_capacity(CAPACITY.ask(store, [*PERIOD, ("rate_limit", "model-a=2/h")])))
    assert "model-a: the limit of 2 calls an hour was reached already." in text
