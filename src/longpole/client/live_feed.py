"""What happens at a server while it happens, heard in a thread of its own; a connection that drops is made again."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from longpole.client.over_http import HttpDoor
from longpole.model.errors import InvalidInput, KeyRefused, ServerUnreachable
from longpole.reports.live_views import LiveEvent

SILENCE_S = 40.0
"""The server says every 15 s that it is still there."""

SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.25, 5.0
"""Between two tries to connect: the first comes soon, each further one after twice as long."""

FeedState = Literal["connecting", "live", "lost", "refused"]
"""`refused`: the server answers and will not tell, so that nobody tries again."""


class Frame(Struct, frozen=True, kw_only=True):
    """One message of the live door, as far as it is needed here; see `docs/how-to/live.md`."""

    type: str
    seq: str | None = None
    events: list[LiveEvent] = []
    lost: int = 0


class LiveFeed:
    """Hears what happens until `close`. What it hears is told in its own thread.

    Args:
        door: the server.
        filters: which events, as `GET /api/live/events` takes them.
        heard: called with each frame.
        changed: called with the state of the connection and, if it is not well, the reason.
    """

    def __init__(
        self,
        door: HttpDoor,
        filters: Sequence[tuple[str, str]],
        *,
        heard: Callable[[Frame], None],
        changed: Callable[[FeedState, str], None],
    ) -> None:
        self._door = door
        self._filters = [*filters, ("trees", "false")]
        self._heard = heard
        self._changed = changed
        self._after: str | None = None
        self._wait_s = SHORTEST_WAIT_S
        self._closed = threading.Event()

    def start(self) -> None:
        """Listen in a thread, which does not keep the process alive."""
        threading.Thread(target=self.run, name="longpole-live", daemon=True).start()

    def close(self) -> None:
        """Tell nothing any more. Does not wait for the thread, which may be waiting for the server."""
        self._closed.set()

    def run(self) -> None:
        """Listen in this thread, until `close` or until the server refuses."""
        while not self._closed.is_set():
            try:
                self._listen()
            except ServerUnreachable as error:
                self._tell("lost", str(error))
            except (KeyRefused, InvalidInput) as error:
                self._tell("refused", str(error))
                return
            else:
                self._tell("lost", "The server has closed the connection.")
            self._closed.wait(self._wait_s)
            self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)

    def _listen(self) -> None:
        resumed = [] if self._after is None else [("after", self._after)]
        with self._door.listen("/api/live/events", [*self._filters, *resumed], timeout_s=SILENCE_S) as lines:
            for frame in frames_in(lines):
                if self._closed.is_set():
                    return
                self._wait_s = SHORTEST_WAIT_S
                self._after = frame.seq or self._after
                if frame.type == "subscribed":
                    self._tell("live", "")
                self._heard(frame)

    def _tell(self, state: FeedState, why: str) -> None:
        if not self._closed.is_set():
            self._changed(state, why)


def frames_in(lines: Iterable[str]) -> Iterator[Frame]:
    """The messages in lines of server-sent events; what cannot be read is left out."""
    for line in lines:
        if line.startswith("data:"):
            try:
                frame: Any = msgspec.json.decode(line.removeprefix("data:").encode(), type=Frame)
            except msgspec.MsgspecError:
                continue
            yield frame
