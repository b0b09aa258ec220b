"""`Finished`: what methods give back that may be awaited and need not be."""

from collections.abc import Generator
from typing import Any


class Finished:
    """Something that is done already: `await` gives its value at once, and nobody has to await it.

    It is true or false as its value is.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any = None) -> None:
        self.value = value

    def __await__(self) -> Generator[None, None, Any]:
        return self.value
        yield  # makes a generator of it: an iterator that ends with the value

    # Also a coroutine, for `asyncio.create_task(tracker.log_event(...))`.

    def send(self, value: Any) -> Any:
        """Ends at once, with the value."""
        raise StopIteration(self.value)

    def throw(self, kind: Any, value: BaseException | None = None, traceback: Any = None) -> Any:
        """Raises what is thrown in: a cancellation before it was ever asked."""
        raise kind if value is None else value

    def close(self) -> None:
        """There is nothing to end."""

    def __bool__(self) -> bool:
        return bool(self.value)


DONE, YES, NO = Finished(), Finished(True), Finished(False)
