"""Who looks on while steps are recorded: a test that counts what its agent does, in the same process."""

from collections.abc import Callable

from longpole.wire.otlp_encode import SpanOut


class Witness:
    """`take` is given each step that has ended, by whichever flusher hands it on; it must not raise.

    `collect` has the flusher that runs here hand on what there is now; `None` while none runs.
    """

    __slots__ = ("collect", "take")

    def __init__(self) -> None:
        self.take: Callable[[SpanOut], object] | None = None
        self.collect: Callable[[], object] | None = None


witness = Witness()
