"""What did not arrive is found by its numbers, whatever else happens to bodies on their way."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest_house import log_body, span_json
from longpole.ingest.arrivals import GAP_NS, MOST_PROGRAMS, Arrivals, Stream
from longpole.ingest.decode import decode_body
from longpole.ingest.spool import START, Accepted, BodyFormat, Signal
from longpole.wire import longpole_names as names
from longpole.wire.otlp_encode import LogOut, encode_log, logs_body, traces_body

BORN_NS = 1_800_000_000_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = BORN_NS

    def __call__(self) -> int:
        return self.now


class Door:
    """Bodies of programs, decoded as the pipeline decodes them, under a clock that the test moves."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.arrivals = Arrivals(decode_body, self.clock)

    def send(self, numbers: str, process: str = "p1", signal: Signal = Signal.TRACES, count: int = 1) -> None:
        resource = {"service.name": "checkout", "service.instance.id": process}
        items = [json.dumps(span_json(number + 1)).encode() for number in range(count)]
        self.take(traces_body(resource, "1", items, numbers=numbers), signal)

    def beat(self, started_ns: int, *, dropped: int = 0, process: str = "p1", numbers: str = "0-0") -> None:
        told: dict[str, Any] = {"started_ns": started_ns, "dropped": dropped, "interval_ms": 5000}
        log = LogOut(time_ns=self.clock.now, event_name=names.HEARTBEAT, attributes=told)
        resource = {"service.name": "checkout", "service.instance.id": process}
        self.take(logs_body(resource, "1", [encode_log(log)], numbers=numbers), Signal.LOGS)

    def take(self, body: bytes, signal: Signal = Signal.TRACES) -> None:
        self.arrivals.decoded(Accepted(START, signal, BodyFormat.JSON, None, self.clock.now, body))

    def wait(self) -> None:
        self.clock.now += GAP_NS


def test_what_never_comes_is_missing_once_it_is_late() -> None:
    door = Door()
    door.send("0-9")
    door.send("13-20")
    assert door.arrivals.missing() == 0, "it may be on its way"
    door.wait()
    assert door.arrivals.missing() == 3
    (program,) = door.arrivals.programs()
    assert (program.service, program.process, program.missing(door.clock.now)) == ("checkout", "p1", 3)


def test_what_comes_late_or_twice_is_not_missing() -> None:
    door = Door()
    for numbers in ("0-9", "13-20", "10-12", "0-20"):
        door.send(numbers)
    door.wait()
    assert door.arrivals.missing() == 0


def test_a_program_that_is_older_than_the_server_is_judged_from_its_first_body_on() -> None:
    door = Door()
    door.send("500-509")
    door.send("100-109")
    door.send("511-511")
    door.wait()
    assert door.arrivals.missing() == 1


def test_of_a_program_that_began_in_this_run_of_the_server_the_first_body_is_missed_too() -> None:
    door = Door()
    door.send("500-509")
    door.beat(BORN_NS + 1)
    door.wait()
    assert door.arrivals.missing() == 500
    door.send("7-7", process="p2")
    door.wait()
    assert door.arrivals.missing() == 500, "another process has numbers of its own"


def test_a_restarted_program_begins_anew() -> None:
    door = Door()
    door.send("0-99", process="before")
    door.send("0-9", process="after")
    door.wait()
    assert door.arrivals.missing() == 0
    assert {program.process for program in door.arrivals.programs()} == {"before", "after"}


def test_of_programs_that_do_not_number_it_is_unknown_what_is_missing() -> None:
    door = Door()
    door.send("")
    (program,) = door.arrivals.programs()
    assert (program.spans, program.missing(door.clock.now)) == (1, None)


def test_what_a_program_says_that_it_dropped_is_told() -> None:
    door = Door()
    door.beat(BORN_NS - 1, dropped=4)
    assert door.arrivals.dropped() == 4
    lost = LogOut(time_ns=BORN_NS, event_name=names.SDK_DROPPED, attributes={"count": 7})
    resource = {"service.name": "checkout", "service.instance.id": "p1"}
    door.take(logs_body(resource, "1", [encode_log(lost)]), Signal.LOGS)
    assert door.arrivals.dropped() == 7, "both count the same losses"


def test_spans_that_are_not_taken_are_counted_with_their_program() -> None:
    door = Door()
    resource = {"service.name": "checkout", "service.instance.id": "p1"}
    items = [json.dumps(span_json(1)).encode(), json.dumps(span_json(2, endTimeUnixNano="1")).encode()]
    door.take(traces_body(resource, "1", items))
    (program,) = door.arrivals.programs()
    assert (program.spans, dict(program.rejected)) == (1, {"end_before_start": 1})


def test_numbers_that_are_none_harm_nobody() -> None:
    door = Door()
    for nonsense in ("x-y", "9-3", "-", "1-", "5", "0-99999999999999999999", "²-³", "0-1," * 5000):
        door.send(nonsense)
    door.take(log_body({"body": {"stringValue": "hello"}}), Signal.LOGS)
    door.wait()
    assert door.arrivals.missing() == 0


def test_only_so_many_programs_are_remembered_the_last_ones() -> None:
    door = Door()
    for number in range(MOST_PROGRAMS + 5):
        door.clock.now += 1
        door.send("0-0", process=f"p{number}")
    programs = door.arrivals.programs()
    assert len(programs) == MOST_PROGRAMS
    assert programs[0].process == f"p{MOST_PROGRAMS + 4}"


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9), st.booleans()), min_size=1, max_size=40),
    st.randoms(use_true_random=False),
)
def test_order_and_repetition_change_nothing(parts: Sequence[tuple[int, int, bool]], chance: Any) -> None:
    stream, here = Stream(0), set[int]()
    deliveries = [part for part in parts for _ in range(1 + part[2])]
    chance.shuffle(deliveries)
    for start, length, _ in deliveries:
        stream.add(start, start + length, 0)
        here.update(range(start, start + length))
    assert stream.missing(GAP_NS) == len(set(range(max(here) + 1)) - here)
