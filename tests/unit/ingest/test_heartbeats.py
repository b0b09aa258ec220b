"""What heartbeats and lost steps tell of a process."""

from typing import Any

import pytest

from longpole.ingest.heartbeats import Beat
from longpole.ingest.span import Source
from span_factory import STARTED_NS, make_log, recognise_log

RESOURCE = {"service.name": "shop", "service.instance.id": "p-1", "deployment.environment.name": "test"}
TOLD = {
    "interval_ms": 5000,
    "started_ns": STARTED_NS,
    "open": 2,
    "recorded": 100,
    "dropped": 1,
    "background_ns": 5_000_000,
    "caller_ns": 200_000,
    "sent_bytes": 9_000,
    "is_last": False,
}


def beat(attributes: dict[str, Any], name: str = "longpole.process.heartbeat", **fields: Any) -> Beat:
    fields.setdefault("source", Source(RESOURCE, "longpole", "1"))
    told = recognise_log(make_log(attributes, name=name, trace_id=None, span_id=None, **fields))
    assert isinstance(told, Beat)
    return told


def test_a_heartbeat_tells_what_recording_does_and_costs():
    seen = beat(TOLD).seen
    assert (seen.workspace, seen.process, seen.service, seen.environment) == ("default", "p-1", "shop", "test")
    assert (seen.started_ns, seen.last_heard_ns, seen.ended_ns) == (STARTED_NS, STARTED_NS + 5, None)
    assert (seen.open_count, seen.recorded, seen.dropped) == (2, 100, 1)
    assert (seen.background_ns, seen.caller_ns, seen.sent_bytes) == (5_000_000, 200_000, 9_000)


def test_the_last_one_is_a_goodbye():
    last = beat(TOLD | {"is_last": True})
    assert (last.is_last, last.seen.ended_ns) == (True, STARTED_NS + 5)


def test_a_clock_that_is_ahead_is_not_believed():
    assert beat(TOLD, time_ns=STARTED_NS + 10**12).seen.last_heard_ns == STARTED_NS + 10**9


@pytest.mark.parametrize("value", ["soon", -1, 2.5, True, None, 2**70])
def test_what_makes_no_sense_is_not_told(value: Any):
    seen = beat(dict.fromkeys(TOLD, value)).seen
    assert (seen.started_ns, seen.recorded, seen.open_count, seen.ended_ns) == (
        None, None, None, seen.last_heard_ns if value is True else None,
    )  # fmt: skip


def test_steps_that_were_lost_are_told_apart():
    lost = beat({"count": 7}, "longpole.sdk.dropped")
    assert (lost.lost, lost.is_heartbeat, lost.seen.dropped) == (7, False, None)


def test_a_heartbeat_of_no_process_is_nothing():
    log = make_log(TOLD, name="longpole.process.heartbeat", source=Source({}, "", ""), trace_id=None)
    assert recognise_log(log) is None
