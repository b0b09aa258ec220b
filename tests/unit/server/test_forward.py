"""What has settled goes on to another collector: the chosen ones, whole, and none of them is lost while it is away."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from longpole.model.batch import Batch
from longpole.model.errors import SettingsError
from longpole.model.execution import Execution
from longpole.server.forward import Forwarder, Selection
from longpole.server.forward_send import Collector, read_headers
from longpole.server.forward_setup import selection_of
from longpole.settings import Settings
from longpole.store.engine import Engine
from longpole.store.store import open_store
from running_server import wait_until
from stored_executions import MONDAY_NS, SECOND, Made
from webhook_receiver import Receiver, webhook_receiver

NOW_NS = MONDAY_NS + 3600 * SECOND
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as one:
        yield one


def settled(store: Engine, *agents: str) -> Batch:
    """An execution of each agent with one step, stored and settled."""
    made = Made()
    for agent in agents:
        top = made.execution(MONDAY_NS, agent=agent, settled_ns=MONDAY_NS + SECOND, given='{"question": "why"}')
        made.step(top, f"{agent} works", input_tokens=5)
    store.write(made.batch)
    return made.batch


def make_forwarder(store: Engine, url: str, folder: Path, *, limit: int = 100) -> Forwarder:
    clock = iter(range(NOW_NS, NOW_NS + 10**15, SECOND))  # every look a second later: nothing waits to be due
    collector = Collector(url.partition("/hook")[0], {"x-key": "k"})
    return Forwarder(store, collector, Selection(), limit=limit, folder=folder, now=lambda: next(clock))


def spans_of(receiver: Receiver) -> list[Span]:
    requests = [ExportTraceServiceRequest.FromString(plain(one.body)) for one in receiver.received]
    return [
        span for one in requests for group in one.resource_spans for scope in group.scope_spans for span in scope.spans
    ]


def plain(body: bytes) -> bytes:
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def test_a_settled_execution_arrives_whole_in_protobuf_after_the_collector_was_busy(
    store: Engine, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answers = [503]
    forwarder = make_forwarder(store, receiver.url, tmp_path)
    forwarder.start()
    forwarder.hear(settled(store, "shop"))
    wait_until(lambda: forwarder.counts().sent == 1, "the execution to be sent")
    forwarder.close()
    top, step = spans_of(receiver)[2:]
    attributes = {one.key: one.value for one in top.attributes}

    assert [one.path for one in receiver.received] == ["/v1/traces"] * 2
    assert receiver.received[0].headers["content-type"] == "application/x-protobuf"
    assert receiver.received[0].headers["x-key"] == "k"
    assert (top.name, step.name, step.parent_span_id) == ("shop", "shop works", top.span_id)
    assert top.end_time_unix_nano - top.start_time_unix_nano == SECOND
    assert attributes["longpole.agent"].string_value == "shop"
    assert attributes["longpole.input"].string_value == '{"question": "why"}'
    assert (forwarder.counts().failures, forwarder.counts().spans, forwarder.trouble) == (1, 2, None)


def test_what_comes_late_goes_without_what_was_sent_before(store: Engine, receiver: Receiver, tmp_path: Path) -> None:
    forwarder = make_forwarder(store, receiver.url, tmp_path)
    forwarder.start()
    batch = settled(store, "shop")
    forwarder.hear(batch)
    wait_until(lambda: forwarder.counts().spans == 2, "the execution to be sent")
    late = replace(batch.steps[0], step_id="f" * 16, name="late", received_ns=NOW_NS + 10**14)
    store.write(Batch(steps=[late]))
    forwarder.hear(batch)
    wait_until(lambda: forwarder.counts().spans == 3, "the late step to be sent")
    forwarder.close()

    assert [span.name for span in spans_of(receiver)] == ["shop", "shop works", "late"]


def test_the_newest_wait_for_a_collector_that_is_away_and_outlive_a_restart(
    store: Engine, receiver: Receiver, tmp_path: Path
) -> None:
    away = make_forwarder(store, NOWHERE, tmp_path, limit=2)
    away.start()
    away.hear(settled(store, "a", "b", "c"))
    wait_until(lambda: away.trouble is not None, "the collector to be missed")
    away.close()
    back = make_forwarder(store, receiver.url, tmp_path)
    back.start()
    wait_until(lambda: back.counts().sent == 2, "what waited to be sent")
    back.close()

    assert (away.counts().dropped, away.counts().waiting) == (1, 2)
    assert [span.name for span in spans_of(receiver)] == ["b", "b works", "c", "c works"]
    assert back.counts().waiting == 0


def test_what_the_collector_refuses_is_counted_and_the_next_one_goes(
    store: Engine, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answers = [400]
    forwarder = make_forwarder(store, receiver.url, tmp_path)
    forwarder.start()
    forwarder.hear(settled(store, "a", "b"))
    wait_until(lambda: forwarder.counts().sent == 1, "the second one to be sent")
    forwarder.close()

    assert forwarder.counts().refused == 1


def test_only_the_chosen_ones_are_forwarded() -> None:
    made = Made()
    slow = made.execution(0, agent="shop", duration_ns=5 * SECOND, environment="production", status="failed")
    chosen = selection_of(
        Settings(
            forward_agents="shop, bank",
            forward_environments="production",
            forward_statuses="failed,timeout",
            forward_min_duration_ms=5000,
        )
    )
    others: list[Execution] = [
        replace(slow, agent="other"),
        replace(slow, environment=None),
        replace(slow, status="success"),
        replace(slow, duration_ns=5 * SECOND - 1),
    ]

    assert chosen.has(slow)
    assert not any(chosen.has(other) for other in others)
    assert all(Selection().has(row) for row in (slow, *others))
    many = [replace(slow, trace_id=f"{number:032x}") for number in range(1000)]
    assert 200 < sum(Selection(share=0.25).has(row) for row in many) < 300


def test_settings_that_cannot_be_read_are_refused_without_showing_a_key() -> None:
    assert read_headers("authorization=Bearer a=b, x-team = me") == {"authorization": "Bearer a=b", "x-team": "me"}
    with pytest.raises(SettingsError, match="no name and value") as refusal:
        read_headers("sk-secret")
    assert "sk-secret" not in str(refusal.value)
    with pytest.raises(SettingsError, match="'fialed'"):
        selection_of(Settings(forward_statuses="fialed"))
