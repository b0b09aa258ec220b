"""Who may stand in for the functions that are decorated: nobody, but while results are recorded or replayed.

`longpole.replay`, which is above this package, puts itself here. The wrappers look once per call.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol

from longpole.record.current import Record
from longpole.record.site import Site

if TYPE_CHECKING:
    from longpole.wire.redact import Redactor  # 5 ms of regular expressions

Given = tuple[tuple[Any, ...], dict[str, Any] | None]
"""The arguments of a call: in the order of the site's parameters, and further ones by name."""


class StandIn(Protocol):
    """Makes the call, or gives back what it gave before.

    `record` is the step of the call, already current; `function` has its arguments.
    """

    def call(self, site: Site, record: Record, given: Given, function: Callable[[], Any]) -> Any:
        """What a plain function gives."""

    async def call_async(self, site: Site, record: Record, given: Given, function: Callable[[], Awaitable[Any]]) -> Any:
        """What a coroutine function gives."""

    def stream(
        self, site: Site, record: Record, given: Given, function: Callable[[], Generator[Any, Any, Any]]
    ) -> Generator[Any, Any, Any]:
        """The items of a generator."""
        ...

    def stream_async(
        self, site: Site, record: Record, given: Given, function: Callable[[], AsyncGenerator[Any, Any]]
    ) -> AsyncGenerator[Any, Any]:
        """The items of an asynchronous generator."""
        ...


class _StandIns:
    """`calls` is who stands in; `redactor` takes secrets out of what it compares, by the rules of `configure()`."""

    __slots__ = ("calls", "redactor")

    def __init__(self) -> None:
        self.calls: StandIn | None = None
        self.redactor: Redactor | None = None

    def __reduce__(self) -> str:
        """Decorated functions are pickled with what they refer to by some; there is one of these everywhere."""
        return "stand_ins"


stand_ins = _StandIns()
