"""The end of a server: what it allows, and what happens when that does not do."""

import logging
from threading import Event, Thread
from threading import enumerate as enumerate_threads

import pytest

from longpole.model.errors import StoreError
from longpole.server.ending import Ending
from longpole.store.cancel import running
from running_server import DEADLINE_S


def test_what_never_ends_is_named_and_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    left, forever = Event(), Event()
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        left.set()

    Thread(target=forever.wait, name="stubborn", daemon=True).start()
    with caplog.at_level(logging.ERROR, "longpole.server"), Ending(0.3, leave) as ending:
        ending.begin()
        assert left.wait(DEADLINE_S)
        forever.set()
    assert codes == [0]
    assert "stubborn" in caplog.text
    assert "What is not stored waits in the spool" in caplog.text


def test_what_has_ended_in_time_is_not_ended_again() -> None:
    codes: list[int] = []
    with Ending(0.2, codes.append) as ending:
        ending.begin()
        assert 0.1 <= ending.left_s(0.05) <= 0.2
    for thread in enumerate_threads():
        if thread.name == "longpole-ending":
            thread.join(DEADLINE_S)
    assert codes == []


def test_questions_of_requests_are_refused_once_their_time_has_passed() -> None:
    with Ending() as ending, ending.requests.scope():
        ending.requests.cancel()
        with pytest.raises(StoreError, match="because the server stops"), running(Event().set):
            pass
