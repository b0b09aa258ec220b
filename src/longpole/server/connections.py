"""What one connection may take of the server: so long for a request, so long for an answer; and how many there may be.

uvicorn bounds neither. A sender that lets its request drip, a reader that takes nothing of its answer, and a thousand
connections that say nothing would each hold memory and a file for ever.
"""

import sys
from asyncio import TimerHandle, Transport
from typing import Any, cast

from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from longpole.server.problems import MEDIA_TYPE, problem_body

KEPT_FILES = 128
"""Of the files that the process may open, so many are left to the store, the spool and the dashboard."""

_FEWEST_CONNECTIONS = 8
_RETRY_AFTER_S = 2


class ConnectionLimits(Struct, frozen=True, kw_only=True):
    """`time_s` is for one request, and for taking something of an answer; `most` for all connections together."""

    time_s: float = 60.0
    most: int = 4096


class ConnectionCounters(Struct):
    """Connections that were ended: of `slow` senders, of `unread` answers, and `refused` because of too many."""

    slow: int = 0
    unread: int = 0
    refused: int = 0


if sys.platform == "win32":

    def file_bound(most: int) -> int:
        """How many connections there can be: as many as are wanted."""
        return most

else:
    import resource

    def file_bound(most: int) -> int:
        """How many connections there can be, with as many files as the system lets this process have.

        Args:
            most: how many are wanted.
        """
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = most + KEPT_FILES
        if soft != resource.RLIM_INFINITY and soft < wanted:
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        room = most if soft == resource.RLIM_INFINITY else soft - KEPT_FILES
        return max(_FEWEST_CONNECTIONS, min(most, room))


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's connection with bounds.

    Args:
        limits: the bounds.
        counters: shared by all connections of a server.
        given: what uvicorn gives each of its connections.
    """

    def __init__(self, limits: ConnectionLimits, counters: ConnectionCounters, **given: Any) -> None:
        super().__init__(**given)
        self._limits = limits
        self._counters = counters
        self._request_timer: TimerHandle | None = None
        self._answer_timer: TimerHandle | None = None
        self._has_begun = False  # something of a request is here
        self._is_whole = False  # all of it is

    def connection_made(self, transport: Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Begin to count the time for the first request."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.most:
            self._counters.refused += 1
            self._end_with(
                429,
                f"{self._limits.most} connections are open. Expected no more. Close what you do not need, or raise "
                f"the server's setting connection_limit. Try again in {_RETRY_AFTER_S} seconds.",
            )
        else:
            self._wait_for_request()

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request; most come whole in one, and those cost no timer."""
        if self.transport.is_closing():
            return
        self._has_begun, self._is_whole = True, False
        super().data_received(data)
        if self._is_whole:
            self._stop_request_timer()
        elif self._request_timer is None:
            self._wait_for_request()

    def on_message_begin(self) -> None:
        """A request begins, perhaps in the same piece in which another ended."""
        self._is_whole = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._is_whole = True
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """From here on another protocol speaks."""
        self._is_whole = True
        self._stop_request_timer()
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more time."""
        self._stop_request_timer()
        self._stop_answer_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """More of an answer waits than the client takes: from now on it must take some of it again and again."""
        super().pause_writing()
        self._wait_for_reader(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        super().resume_writing()
        self._stop_answer_timer()

    def _wait_for_request(self) -> None:
        self._request_timer = self.loop.call_later(self._limits.time_s, self._end_slow)

    def _end_slow(self) -> None:
        """The time for a request is over."""
        self._request_timer = None
        if self.transport.is_closing():
            return
        if self._is_answering():  # more has come while an answer is made: its time begins after that
            self._wait_for_request()
            return
        self._counters.slow += self._has_begun
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if not self._has_begun or (cycle is not None and cycle.more_body and cycle.response_started):
            self.transport.close()  # nothing was asked, or it has its answer already
        else:
            self._end_with(
                408,
                f"The request was not complete after {self._limits.time_s:g} s. Expected it sooner. "
                "Send the same again.",
            )
        if cycle is not None and not cycle.response_complete:
            cycle.disconnected = True
            cycle.message_event.set()

    def _is_answering(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return bool(self.pipeline) or (cycle is not None and not cycle.more_body and not cycle.response_complete)

    def _wait_for_reader(self, left_bytes: int) -> None:
        self._stop_answer_timer()
        self._answer_timer = self.loop.call_later(self._limits.time_s, self._end_unread, left_bytes)

    def _end_unread(self, before_bytes: int) -> None:
        """The time for taking something of an answer is over."""
        left_bytes = self.transport.get_write_buffer_size()
        if left_bytes < before_bytes:
            self._wait_for_reader(left_bytes)
            return
        self._answer_timer = None
        self._counters.unread += 1
        self.transport.abort()

    def _end_with(self, status: int, detail: str) -> None:
        """Answer outside of the application, which need not even know of this connection, and close it."""
        content = problem_body(status, detail)
        headers = [
            f"content-type: {MEDIA_TYPE}",
            f"content-length: {len(content)}",
            "connection: close",
            *([f"retry-after: {_RETRY_AFTER_S}"] if status == 429 else []),
        ]
        head = STATUS_LINE[status] + "\r\n".join(headers).encode() + b"\r\n\r\n"
        self.transport.write(head + content)
        self.transport.close()

    def _stop_request_timer(self) -> None:
        if self._request_timer is not None:
            self._request_timer.cancel()
            self._request_timer = None

    def _stop_answer_timer(self) -> None:
        if self._answer_timer is not None:
            self._answer_timer.cancel()
            self._answer_timer = None
