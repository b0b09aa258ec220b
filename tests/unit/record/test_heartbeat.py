"""The sign of life that tells a server whether a process is still at it, and what recording costs it."""

import time
from typing import Any

import pytest

import longpole
from longpole.record import heartbeat as module
from longpole.record.heartbeat import INTERVAL_NS, Heartbeat
from longpole.record.recorder import Recorder
from longpole.record.told_execution import Outcome, ToldExecution
from longpole.wire.longpole_names import WORKSPACE
from longpole.wire.otlp_encode import LogOut


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0
        monkeypatch.setattr(module, "steady_ns", lambda: self.now)


def beats(recorded: Any) -> list[LogOut]:
    return [log for log in recorded.taken.logs if log.event_name == "longpole.process.heartbeat"]


def test_it_beats_at_once_and_then_every_five_seconds_while_something_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, heart = Clock(monkeypatch), Heartbeat(Recorder())
    due = []
    for second in range(12):
        clock.now = second * 1_000_000_000
        if heart.beat(1, 0, 0) is not None:
            due.append(second)
    assert due == [0, 5, 10]


def test_an_idle_process_is_silent_until_it_records_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, heart = Clock(monkeypatch), Heartbeat(Recorder())
    heart.recorded = 3
    assert heart.beat(0, 0, 0) is not None
    clock.now = 2 * INTERVAL_NS
    assert heart.beat(0, 0, 0) is None
    heart.recorded = 4
    assert heart.beat(0, 0, 0) is not None


def test_it_tells_what_was_recorded_dropped_and_spent(recorded: Any) -> None:
    recorded.taken.takes_open = True
    with longpole.time_step("one"):
        pass
    _ = recorded.spans
    (beat,) = beats(recorded)
    told = beat.attributes
    assert (told["recorded"], told["dropped"], told["open"], told["is_last"]) == (1, 0, 0, False)
    assert 0 < told["caller_ns"] < 1_000_000  # of one step


def test_it_counts_the_cpu_of_our_own_threads_only(recorded: Any) -> None:
    recorded.taken.takes_open = True
    began = time.thread_time_ns()
    while time.thread_time_ns() - began < 30_000_000:  # the program's own work
        pass
    recorded.flusher.start()
    with longpole.time_step("one"):
        pass
    recorded.flusher.stop()
    assert beats(recorded)[-1].attributes["background_ns"] < 20_000_000


def test_the_last_one_says_so(recorded: Any) -> None:
    recorded.taken.takes_open = True
    with longpole.time_step("one"):
        pass
    recorded.flusher.stop()
    assert [beat.attributes["is_last"] for beat in beats(recorded)] == [False, True]


def test_servers_that_do_not_know_it_get_none(recorded: Any) -> None:
    with longpole.time_step("one"):
        pass
    _ = recorded.spans
    assert beats(recorded) == []


def test_a_workspace_in_which_something_is_open_hears_of_the_process_too(recorded: Any) -> None:
    recorded.taken.takes_open = True
    told = ToldExecution("one", "reader")
    told.begin(None, {WORKSPACE: "acme"})
    _ = recorded.spans
    assert [beat.workspace for beat in beats(recorded)] == [None, "acme"]
    told.end(Outcome("success"), None)
    _ = recorded.spans
    assert recorded.taken.spans[-1].workspace == "acme"
