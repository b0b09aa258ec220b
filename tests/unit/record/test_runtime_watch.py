"""What the process did while an execution ran becomes attributes of it, and nobody pays for what is off."""

import asyncio
import gc
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pydantic
import pytest
from starlette.websockets import WebSocket, WebSocketState

import longpole
from longpole.record import runtime_hooks
from longpole.record.flusher import Flusher
from longpole.record.recorder import recorder
from longpole.record.runtime_watch import RuntimeWatch
from longpole.record.spans import SpanBuilder
from longpole.wire import longpole_names as names


class Order(pydantic.BaseModel):
    number: int


class Watched:
    """A recorder whose executions are watched, with a memory that the test decides."""

    def __init__(self, recorded: Any, *, counts_json: bool = False) -> None:
        self.memory: int | None = 50_000_000
        self.watch = RuntimeWatch(lambda: self.memory)
        recorded.flusher = Flusher(recorder, SpanBuilder(None), recorded.taken, at_end=self.watch.note)
        self.recorded = recorded
        self.watch.start()
        runtime_hooks.install(self.watch, counts_json=counts_json)

    def of(self, name: str) -> dict[str, Any]:
        """The attributes of the execution of this name."""
        return self.recorded.span(name).attributes


@pytest.fixture
def watched_with(recorded: Any) -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def begin(**how: Any) -> Watched:
        made.append(Watched(recorded, **how))
        return made[-1]

    yield begin
    runtime_hooks.remove()
    for each in made:
        each.watch.stop()


@longpole.agent
def work(do: Callable[[], object]) -> None:
    do()


def test_an_execution_tells_what_the_process_used(watched_with: Callable[..., Watched]) -> None:
    watched = watched_with()

    def grow() -> None:
        watched.memory = 80_000_000
        watched.watch.read()
        watched.memory = 60_000_000
        sum(range(200_000))
        gc.collect()

    work(grow)
    told = watched.of("work")
    assert told[names.RUNTIME_MEMORY_PEAK_BYTES] == 80_000_000
    assert told[names.RUNTIME_MEMORY_DELTA_BYTES] == 10_000_000
    assert told[names.RUNTIME_CPU_NS] > 0
    assert told[names.RUNTIME_GC_PAUSES] >= 1
    assert told[names.RUNTIME_GC_NS] > 0
    assert told[names.RUNTIME_THREADS] >= 1


def test_unknown_memory_is_not_told_as_none_of_it(watched_with: Callable[..., Watched]) -> None:
    watched = watched_with()
    watched.memory = None
    watched.watch._readings.clear()  # pyright: ignore[reportPrivateUsage]
    watched.watch.read()
    work(lambda: None)
    assert names.RUNTIME_MEMORY_PEAK_BYTES not in watched.of("work")


def test_validations_are_counted_at_the_execution_that_makes_them(watched_with: Callable[..., Watched]) -> None:
    watched = watched_with()

    def validate() -> None:
        order = Order(number=1)
        assert isinstance(Order.model_validate({"number": "2"}), Order)
        pydantic.TypeAdapter(list[int]).validate_python([1])
        assert order.model_dump() == {"number": 1}
        with pytest.raises(pydantic.ValidationError):
            Order.model_validate_json("{}")

    with longpole.time_step("no agent"):
        Order(number=7)
    work(validate)
    told = watched.of("work")
    assert (told[names.RUNTIME_VALIDATIONS], told[names.RUNTIME_SERIALIZATIONS]) == (4, 1)
    assert told[names.RUNTIME_VALIDATION_NS] > 0
    assert watched.of("no agent")[names.RUNTIME_VALIDATIONS] == 1


def test_json_is_counted_only_if_that_is_asked_for(watched_with: Callable[..., Watched]) -> None:
    watched = watched_with(counts_json=True)
    work(lambda: json.loads(json.dumps([1])))
    assert watched.of("work")[names.RUNTIME_SERIALIZATIONS] == 2
    runtime_hooks.remove()
    watched.recorded.taken.spans.clear()
    watched = watched_with()
    work(lambda: json.loads(json.dumps([1])))
    assert names.RUNTIME_SERIALIZATIONS not in watched.of("work")


def test_pools_and_messages_are_counted(watched_with: Callable[..., Watched]) -> None:
    watched = watched_with()
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    @longpole.agent
    async def talk() -> None:
        ThreadPoolExecutor(1).shutdown()
        socket = WebSocket({"type": "websocket"}, receive=None, send=send)  # pyright: ignore[reportArgumentType]
        socket.application_state = WebSocketState.CONNECTED
        for text in ("one", "three"):
            await socket.send_text(text)

    asyncio.run(talk())
    told = watched.of("talk")
    assert [message["text"] for message in sent] == ["one", "three"]
    assert told[names.RUNTIME_EXECUTORS] == 1
    assert (told[names.RUNTIME_WEBSOCKET_MESSAGES], told[names.RUNTIME_WEBSOCKET_BYTES]) == (2, 8)


def test_steps_are_left_as_they_are(watched_with: Callable[..., Watched]) -> None:
    watched = watched_with()

    def step() -> None:
        with longpole.time_step("inner"):
            Order(number=1)

    work(step)
    assert not [name for name in watched.of("inner") if name.startswith("longpole.runtime.")]
    assert watched.of("work")[names.RUNTIME_VALIDATIONS] == 1


def test_what_is_off_leaves_every_library_as_it_was(watched_with: Callable[..., Watched]) -> None:
    before = [json.dumps, ThreadPoolExecutor.__init__, vars(pydantic.BaseModel)["model_validate"], WebSocket.send]
    watched_with(counts_json=True)
    during = [json.dumps, ThreadPoolExecutor.__init__, vars(pydantic.BaseModel)["model_validate"], WebSocket.send]
    assert all(one is not other for one, other in zip(before, during, strict=True))
    runtime_hooks.remove()
    after = [json.dumps, ThreadPoolExecutor.__init__, vars(pydantic.BaseModel)["model_validate"], WebSocket.send]
    assert all(one is other for one, other in zip(before, after, strict=True))
    assert Order.model_validate({"number": 3}).number == 3


def test_trouble_with_the_watch_never_reaches_the_program(
    watched_with: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = watched_with()

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(watched.watch, "count", broken)
    monkeypatch.setattr(watched.watch, "_between", broken)
    work(lambda: Order(number=1))
    assert names.RUNTIME_CPU_NS not in watched.of("work")


def test_configure_turns_it_on_and_shutdown_off(tmp_path: Any) -> None:
    before = set(threading.enumerate())  # of earlier tests some may still be ending
    longpole.configure(endpoint="http://127.0.0.1:9", spool=tmp_path, watch_runtime="usual")
    assert "longpole-runtime" in {thread.name for thread in set(threading.enumerate()) - before}
    assert runtime_hooks._on  # pyright: ignore[reportPrivateUsage]
    longpole.shutdown(0.1)
    assert not runtime_hooks._on  # pyright: ignore[reportPrivateUsage]
    assert not [callback for callback in gc.callbacks if "RuntimeWatch" in getattr(callback, "__qualname__", "")]
