"""Delivery against a real server that is down, slow, busy or strict: nothing is lost that need not be."""

import logging
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec import structs

from longpole.ship.find import find_server
from longpole.ship.hash_key import hash_key
from longpole.ship.spool import Spool, spool_file
from otlp_sink import OtlpSink, span, spooled_bodies, wait_until


@pytest.fixture(autouse=True)
def _no_warnings_on_the_terminal(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "longpole")


def _spooled(tmp_path: Path, url: str | None) -> int:
    return sum(body.items for body in spooled_bodies(spool_file(tmp_path, url)))


def test_what_is_accepted_arrives_with_its_resource(sink: OtlpSink, make_shipper: Any, tmp_path: Path) -> None:
    shipper = make_shipper(sink.url)
    shipper.accept([span("one", 5000), span("two")], [], 0)
    assert shipper.flush(5)
    assert sink.span_names == ["one", "two"]
    (attribute, *_) = sink.bodies[0][1]["resourceSpans"][0]["resource"]["attributes"]
    assert attribute == {"key": "service.name", "value": {"stringValue": "test"}}
    assert _spooled(tmp_path, sink.url) == 0


def test_what_belongs_to_another_workspace_travels_in_a_body_of_its_own(sink: OtlpSink, make_shipper: Any) -> None:
    shipper = make_shipper(sink.url)
    theirs = [structs.replace(span(name), workspace="acme") for name in ("theirs", "theirs too")]
    shipper.accept([span("ours"), theirs[0], span("ours too"), theirs[1]], [], 0)
    assert shipper.flush(5)
    found: dict[str | None, list[str]] = {}
    for _, body in sink.bodies:
        (resource,) = body["resourceSpans"]
        told = {one["key"]: one["value"].get("stringValue") for one in resource["resource"]["attributes"]}
        names = [one["name"] for one in resource["scopeSpans"][0]["spans"]]
        found.setdefault(told.get("longpole.workspace"), []).extend(names)
    assert found == {None: ["ours", "ours too"], "acme": ["theirs", "theirs too"]}


def test_a_step_that_cannot_be_encoded_costs_none_of_its_neighbours(sink: OtlpSink, make_shipper: Any) -> None:
    class Treacherous:
        @property
        def __class__(self) -> type:
            raise RuntimeError

    shipper = make_shipper(sink.url)
    bad = structs.replace(span("bad"), attributes={"value": Treacherous()})
    shipper.accept([span("one"), bad, span("two")], [], 0)
    assert shipper.flush(5)
    assert sink.span_names == ["one", "two"]
    wait_until(lambda: any(path == "/v1/logs" for path, _ in sink.bodies), "the count of dropped steps")


def test_open_steps_are_wanted_by_a_longpole_server_only(sink: OtlpSink, make_shipper: Any) -> None:
    shipper = make_shipper(sink.url)
    wait_until(shipper.wants_open, "the server to be known")
    foreign = OtlpSink(is_longpole=False)
    foreign.start()
    other = make_shipper(foreign.url)
    other.accept([span("one")], [], 0)
    assert other.flush(5)
    assert not other.wants_open()
    foreign.stop()


def test_without_a_server_everything_is_spooled_and_delivered_when_one_comes(
    absent: OtlpSink, make_shipper: Any, tmp_path: Path
) -> None:
    shipper = make_shipper(absent.url)
    shipper.accept([span("early")], [], 0)
    assert shipper.flush(5)
    assert _spooled(tmp_path, absent.url) == 1
    absent.start()
    wait_until(lambda: absent.span_names == ["early"], "the spool to be drained")
    wait_until(lambda: _spooled(tmp_path, absent.url) == 0, "the spool to be empty")


def test_a_slow_server_costs_no_step_and_no_time_at_exit(sink: OtlpSink, make_shipper: Any, tmp_path: Path) -> None:
    sink.may_answer.clear()
    shipper = make_shipper(sink.url)
    shipper.accept([span("slow")], [], 0)
    wait_until(lambda: not shipper.tick() and _spooled(tmp_path, sink.url) == 1, "the step to be in the spool")
    started = time.monotonic()
    assert shipper.close(1.5)
    assert time.monotonic() - started < 2


def test_a_late_acknowledgement_takes_the_step_out_of_the_spool(
    sink: OtlpSink, make_shipper: Any, tmp_path: Path
) -> None:
    sink.may_answer.clear()
    shipper = make_shipper(sink.url)
    shipper.accept([span("slow")], [], 0)
    wait_until(lambda: not shipper.tick() and _spooled(tmp_path, sink.url) == 1, "the step to be in the spool")
    sink.may_answer.set()
    wait_until(lambda: _spooled(tmp_path, sink.url) == 0, "the spool to be empty")
    assert sink.span_names == ["slow"]


def test_a_busy_server_gets_its_time(sink: OtlpSink, make_shipper: Any) -> None:
    sink.answers = [(429, {"retry-after": "0.3"}), (503, {})]
    shipper = make_shipper(sink.url)
    started = time.monotonic()
    shipper.accept([span("patient")], [], 0)
    wait_until(lambda: sink.span_names == ["patient"], "the third attempt")
    assert time.monotonic() - started >= 0.3


def test_a_body_that_is_too_large_is_split(sink: OtlpSink, make_shipper: Any) -> None:
    sink.largest = 5000
    shipper = make_shipper(sink.url)
    noise = Random(1)
    shipper.accept([span(f"step {noise.randbytes(500).hex()}") for _ in range(16)], [], 0)
    assert shipper.flush(5)
    assert len(sink.span_names) == 16
    assert len(sink.bodies) > 1


def test_what_a_server_refuses_is_dropped_and_told(sink: OtlpSink, make_shipper: Any) -> None:
    sink.answers = [(400, {})]
    shipper = make_shipper(sink.url)
    shipper.accept([span("bad")], [], 0)
    wait_until(lambda: any(path == "/v1/logs" for path, _ in sink.bodies), "the count of dropped steps")
    (log,) = next(body for path, body in sink.bodies if path == "/v1/logs")["resourceLogs"][0]["scopeLogs"][0][
        "logRecords"
    ]
    assert log["eventName"] == "longpole.sdk.dropped"
    assert log["attributes"] == [{"key": "count", "value": {"intValue": "1"}}]


def test_without_a_spool_the_newest_is_kept_in_memory(absent: OtlpSink, make_shipper: Any) -> None:
    shipper = make_shipper(absent.url, has_spool=False, limit_bytes=5000)
    for number in range(20):
        shipper.accept([span(f"step {number}", 1000)], [], 0)
    absent.start()
    wait_until(lambda: "step 19" in absent.span_names, "delivery from memory")
    assert "step 0" not in absent.span_names


def test_a_folder_that_cannot_be_written_is_no_error(sink: OtlpSink, make_shipper: Any, tmp_path: Path) -> None:
    (tmp_path / spool_file(tmp_path, sink.url).name).mkdir()
    shipper = make_shipper(sink.url)
    shipper.accept([span("one")], [], 0)
    wait_until(lambda: sink.span_names == ["one"], "delivery without a spool")


def test_each_endpoint_has_a_spool_of_its_own(tmp_path: Path) -> None:
    files = {spool_file(tmp_path, url) for url in (None, "http://a:1", "http://a:2", "https://a:1")}
    assert len(files) == 4
    assert spool_file(tmp_path, None).name == "local.sqlite"


def test_the_spool_drops_the_oldest_beyond_its_limit_and_counts_them(tmp_path: Path) -> None:
    file = spool_file(tmp_path, None)
    spool = Spool(file, 70_000)
    noise, dropped = Random(1), 0
    bodies = [noise.randbytes(2000) for _ in range(100)]
    for body in bodies:
        dropped += spool.add([("/v1/traces", 3, body)])[1]
    kept = spooled_bodies(file)
    assert kept[-1].body == bodies[-1]
    assert dropped == 300 - sum(body.items for body in kept) > 0
    spool.close()


def test_a_body_is_claimed_by_one_process_at_a_time(tmp_path: Path) -> None:
    file = spool_file(tmp_path, None)
    one, two = Spool(file, 10**6), Spool(file, 10**6)
    one.add([("/v1/traces", 1, b"a"), ("/v1/traces", 1, b"b")])
    mine = one.claim(10, 60)
    assert [row.body for row in mine] == [b"a", b"b"]
    assert two.claim(10, 60) == []
    one.give_back([mine[0].id])
    assert [row.body for row in two.claim(10, 60)] == [b"a"]
    one.close()
    two.close()


def test_a_server_is_found_by_its_note_and_nothing_else_is_taken_for_one(sink: OtlpSink, tmp_path: Path) -> None:
    foreign = OtlpSink(is_longpole=False)
    foreign.start()
    port = int(foreign.url.rpartition(":")[2])
    assert find_server(tmp_path, port) is None
    (tmp_path / "server.json").write_text(f'{{"pid": 1, "url": "{sink.url}"}}')
    assert find_server(tmp_path, port) == sink.url
    assert find_server(tmp_path / "elsewhere", int(sink.url.rpartition(":")[2])) == sink.url
    foreign.stop()


def test_the_hash_key_of_a_workspace_stays_and_differs_from_others(tmp_path: Path) -> None:
    assert hash_key(tmp_path, "a") == hash_key(tmp_path, "a")
    assert hash_key(tmp_path, "a") != hash_key(tmp_path, "b")
    assert hash_key(None, "a") != hash_key(None, "a")
