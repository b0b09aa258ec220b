"""A recorder that is on, and what it hands on: without network, thread or disk."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from longpole.record import trouble
from longpole.record.current import current
from longpole.record.flusher import Flusher
from longpole.record.recorder import recorder
from longpole.record.render import Renderer
from longpole.record.snapshot import pack, pack_hard, pack_short
from longpole.record.spans import SpanBuilder
from longpole.wire.otlp_encode import LogOut, SpanOut


@pytest.fixture(autouse=True)
def own_warnings() -> None:
    """Only the first 20 different warnings of a process are told; those of other tests are among them."""
    trouble.counts.clear()
    trouble._told.clear()  # pyright: ignore[reportPrivateUsage]


@pytest.fixture(autouse=True)
def own_records() -> None:
    """What other tests recorded, and had watched of event loops, is not this one's."""
    recorder.records.clear()
    recorder.watching_ns = 0


class Taken:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.spans: list[SpanOut] = []
        self.logs: list[LogOut] = []
        self.dropped = 0
        self.takes_open = False

    def accept(self, spans: list[SpanOut], logs: list[LogOut], dropped: int) -> None:
        self.spans += spans
        self.logs += logs
        self.dropped += dropped

    def tick(self) -> bool:
        return False

    def wants_open(self) -> bool:
        return self.takes_open

    def is_heard(self) -> bool:
        return self.takes_open

    def cost(self) -> tuple[int, int]:
        return 0, 0


class Recorded:
    """What has been recorded so far, by name."""

    def __init__(self, content: str = "full") -> None:
        self.taken = Taken()
        renderer = None if content == "off" else Renderer(content, b"k" * 32, 65536)
        self.flusher = Flusher(recorder, SpanBuilder(renderer), self.taken)

    @property
    def spans(self) -> list[SpanOut]:
        self.flusher.collect()
        return self.taken.spans

    def span(self, name: str) -> SpanOut:
        found = [span for span in self.spans if span.name == name]
        assert len(found) == 1, f"{len(found)} spans are called {name}"
        return found[0]

    def parent_of(self, name: str) -> str | None:
        """The name of the parent; '?' when it is not among what was recorded."""
        parent = self.span(name).parent_span_id
        names = {span.span_id: span.name for span in self.spans}
        return None if parent is None else names.get(parent, "?")


@pytest.fixture
def record_with() -> Iterator[Callable[..., Recorded]]:
    """Switches the recorder on, with a content mode."""

    def switch_on(content: str = "full", **settings: Any) -> Recorded:
        recorder.keep_contents(settings.pop("limit", 65536), pack, pack_hard, pack_short)
        recorder.keeps_content = content != "off"
        recorder.roll = Random(7).random
        for name, value in settings.items():
            setattr(recorder, name, value)
        recorder.is_on = True
        return Recorded(content)

    before = {name: getattr(recorder, name) for name in ("sampling_rate", "held_limit", "keeps_content", "outside")}
    recorder.records.clear()
    recorder.late.clear()
    recorder.is_awake = True
    yield switch_on
    recorder.is_on = False
    recorder.records.clear()
    for name, value in before.items():
        setattr(recorder, name, value)
    current.set(None)


@pytest.fixture
def recorded(record_with: Callable[..., Recorded]) -> Recorded:
    """The recorder is on and keeps content in full."""
    return record_with()
