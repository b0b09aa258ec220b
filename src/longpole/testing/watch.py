"""Sees what is recorded in this process while a test runs: neither a server nor `configure()` is needed."""

from longpole.record.flusher import Flusher
from longpole.record.recorder import recorder
from longpole.record.spans import SpanBuilder
from longpole.record.witness import witness
from longpole.wire.otlp_encode import LogOut, SpanOut


class Watch:
    """Keeps each step that ends between `start` and `stop`. One at a time in a process.

    Where the program has configured Longpole, what it records goes on to where it goes; else recording is on meanwhile
    and what is recorded goes nowhere. All executions are recorded, whatever `sampling_rate` is.
    """

    def __init__(self) -> None:
        self._spans: list[SpanOut] = []
        self._flusher = Flusher(recorder, SpanBuilder(None), _Nowhere())
        self._sampling_rate = 1.0

    def start(self) -> None:
        """Keeps what ends from now on."""
        self._sampling_rate, recorder.sampling_rate = recorder.sampling_rate, 1.0
        if witness.collect is None:
            recorder.is_on = True
        self._collect()
        witness.take = self._spans.append

    def count(self) -> int:
        """How many steps have ended so far."""
        self._collect()
        return len(self._spans)

    def since(self, count: int) -> list[SpanOut]:
        """The steps that have ended after that many."""
        self._collect()
        return self._spans[count:]

    def stop(self) -> None:
        """Keeps nothing more; whoever has configured Longpole goes on recording."""
        witness.take = None
        recorder.sampling_rate = self._sampling_rate
        if witness.collect is None:
            recorder.is_on = False
            recorder.records.clear()

    def _collect(self) -> None:
        (witness.collect or self._flusher.collect)()


class _Nowhere:
    """A sink that keeps nothing: the witness has seen it."""

    def accept(self, spans: list[SpanOut], logs: list[LogOut], dropped: int) -> None:
        """Forgets them."""

    def tick(self) -> bool:
        """Nothing is under way."""
        return False

    def wants_open(self) -> bool:
        """Nothing that is open is told."""
        return False

    def is_heard(self) -> bool:
        """Nobody listens."""
        return False

    def cost(self) -> tuple[int, int]:
        """It costs nothing."""
        return 0, 0
