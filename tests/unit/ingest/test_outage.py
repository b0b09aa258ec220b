"""Something that fails for a while or takes long: what is said of it."""

import logging

import pytest

from longpole.ingest.outage import SLOW_NS, Outage, Trouble

START_NS = 1_790_000_000 * 10**9


class Clock:
    """A time that stands until somebody moves it."""

    ns = START_NS

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def outage(clock: Clock) -> Outage:
    return Outage("The store takes no writes", logging.getLogger("longpole.test"), clock)


def test_failures_are_counted_from_the_first_and_logged_when_they_begin_and_end(
    outage: Outage, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "longpole.test"):
        for _ in range(3):
            outage.failed(OSError("no room"))
            clock.ns += 10**9
        assert outage.trouble == Trouble(since_ns=START_NS, failures=3, reason="OSError: no room")
        outage.worked()
    assert outage.trouble is None
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_a_try_that_does_not_come_to_an_end_is_trouble_after_a_while(outage: Outage, clock: Clock) -> None:
    with outage.attempt():
        clock.ns += SLOW_NS - 1
        assert outage.trouble is None
        clock.ns += 4 * 10**9 + 1
        reason = "It has neither answered nor failed for 7 s"
        assert outage.trouble == Trouble(since_ns=START_NS, failures=0, reason=reason)
    assert outage.trouble is None


def test_why_it_failed_before_is_told_rather_than_that_it_takes_long(outage: Outage, clock: Clock) -> None:
    outage.failed(OSError("gone"))
    with outage.attempt():
        clock.ns += 2 * SLOW_NS
        assert outage.trouble is not None
        assert outage.trouble.reason == "OSError: gone"
