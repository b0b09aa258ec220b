"""What `longpole watch` draws: names that a terminal would obey, and lines that fit."""

import io

from rich.console import Console

from longpole.cli.draw import Harmless
from longpole.cli.draw_watch import draw_events, shown_rows
from longpole.reports.live_views import LiveEvent
from longpole.reports.views import DecisionNode

HOSTILE = "helper\x1b]0;owned\x07\x1b[2J\r[bold red]"


def drawn(event: LiveEvent, width: int = 80) -> str:
    """The event as it reaches the terminal."""
    screen = Console(file=io.StringIO(), width=width, color_system=None)
    screen.print(Harmless(draw_events([event] * 3, lines=2)))
    file = screen.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def decided(candidate: str) -> LiveEvent:
    """An event whose texts come from who sent it."""
    decision = DecisionNode(span_id="1", execution_id="e", offset_ns=0, candidate=candidate, outcome="not_chosen")
    return LiveEvent(
        id="1", kind="decision.made", at="2026-11-22T09:12:41Z", workspace="w", agent="a", decision=decision
    )


def test_what_a_terminal_would_obey_is_left_out_and_markup_is_text() -> None:
    text = drawn(decided(HOSTILE))
    assert not any(ord(letter) < 32 and letter != "\n" for letter in text)
    assert "decided on helper]0;owned[2J[bold red], not chosen" in text


def test_an_event_takes_one_line_and_only_the_latest_are_shown() -> None:
    lines = drawn(decided("x" * 200), width=40).splitlines()
    assert [len(line) for line in lines] == [40, 40]


def test_the_chosen_row_is_always_among_those_that_are_shown() -> None:
    ids = [str(number) for number in range(50)]
    for chosen in ids:
        start, end = shown_rows(ids, chosen, 7)
        assert end - start == 7
        assert chosen in ids[start:end]
