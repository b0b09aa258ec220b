"""The live door: `/api/live` over WebSocket, `/api/live/events` as server-sent events.

Who may ask is decided by the guard in front of all doors; a key of one workspace hears of that one only.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from longpole.ingest.outage import Trouble
from longpole.model.errors import InvalidInput
from longpole.reports.filter_values import WORKSPACE, Filter, read_given
from longpole.server.access import access_of
from longpole.server.asgi import Receive, Scope, Send, header_of, send_answer
from longpole.server.live_connection import Asked, LiveConnection
from longpole.server.live_hub import Hub
from longpole.server.live_running import RunningTeller
from longpole.server.problems import MEDIA_TYPE, problem_body
from longpole.store.engine import Engine

WEBSOCKET_PATH, EVENTS_PATH = "/api/live", "/api/live/events"
LIVE_PATHS = (WEBSOCKET_PATH, EVENTS_PATH)

SHUT_CODE = 4403
"""Closes a WebSocket where the setting `realtime` is false: polling is all there is."""

FULL_CODE = 1013
LARGEST_MESSAGE_BYTES = 16 * 1024
MOST_CONNECTIONS = 1_000
COMMENT_EVERY_S = 15.0

LIVE_FILTERS = (
    WORKSPACE,
    Filter(name="agent", meaning="The agent's name, exactly.", example="claims-triage"),
    Filter(name="execution", meaning="An execution id; all of its tree is told.", example=""),
    Filter(name="kinds", meaning="Kinds of events, with commas.", example="execution.completed,alert.fired"),
    Filter(name="after", meaning="The seq of the last frame, to go on there; Last-Event-ID does the same.", example=""),
    Filter(name="trees", meaning="'false' leaves out the trees that run.", example="false"),
    Filter(name="running", meaning="'true' also tells how many of what run.", example="true"),
    Filter(name="brief", meaning="'true' tells how much has happened, not what.", example="true"),
)
"""The parameters of `GET /api/live/events`."""


class LiveDoor:
    """The ASGI application of both paths."""

    def __init__(self, store: Engine, hub: Hub, *, is_open: bool = True, most: int = MOST_CONNECTIONS) -> None:
        self._hub = hub
        self._teller = RunningTeller(store, hub)
        self._is_open = is_open
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection until it ends."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["path"] == EVENTS_PATH:
            await self._events(scope, receive, send)
        else:
            detail = f"{WEBSOCKET_PATH} speaks WebSocket. Expected a request to upgrade. Use one, or {EVENTS_PATH}."
            await send_answer(send, 426, problem_body(426, detail), MEDIA_TYPE, [(b"upgrade", b"websocket")])

    @property
    def trouble(self) -> Trouble | None:
        """Why what happens at other servers is not told here, if it should be."""
        return self._hub.elsewhere()

    @property
    def _is_full(self) -> bool:
        return self._hub.counters.clients >= self._most

    # WebSocket

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        if scope["path"] != WEBSOCKET_PATH:
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept"})
        if not self._is_open or self._is_full or self._hub.is_closed:
            code, reason = (SHUT_CODE, "shut") if not self._is_open else (FULL_CODE, "try again later")
            await send({"type": "websocket.close", "code": code, "reason": reason})
            return

        async def transmit(text: str) -> None:
            await send({"type": "websocket.send", "text": text})

        connection = LiveConnection(self._hub, self._teller, transmit, workspace=access_of(scope).workspace)

        async def listen() -> None:
            while (message := await receive())["type"] == "websocket.receive":
                await connection.take(message.get("text") or message.get("bytes") or "")

        await self._serve(connection, listen)

    # Server-sent events

    async def _events(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        try:
            asked = _asked(scope)
        except InvalidInput as error:
            refusal = refusal or (400, str(error))
            asked = Asked()
        if refusal is not None:
            await send_answer(send, refusal[0], problem_body(*refusal), MEDIA_TYPE)
            return
        headers = [
            (b"content-type", b"text/event-stream"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return

        async def write(part: str) -> None:
            await send({"type": "http.response.body", "body": part.encode(), "more_body": True})

        connection = LiveConnection(
            self._hub,
            self._teller,
            lambda text: write(_as_event(text)),
            workspace=access_of(scope).workspace,
        )

        async def listen() -> None:
            await connection.subscribe(asked)
            gone = asyncio.ensure_future(_gone(receive))
            try:
                while not gone.done():
                    await asyncio.wait((gone,), timeout=COMMENT_EVERY_S)
                    if not connection.is_busy:
                        connection.send("")  # a comment, so that those between do not take it for dead
            finally:
                gone.cancel()

        await self._serve(connection, listen)
        with suppress(OSError):
            await send({"type": "http.response.body", "body": b""})

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        if scope["method"] not in ("GET", "HEAD"):
            return 405, f"{scope['method']} is not possible at {EVENTS_PATH}. Expected GET. Use GET."
        if not self._is_open:
            return 403, "The live door is shut. Expected the setting `realtime` to be true. Ask the REST routes again."
        if self._is_full or self._hub.is_closed:
            return 503, f"{self._most} clients listen already. Expected fewer. Try again later."
        return None

    # Both

    async def _serve(self, connection: LiveConnection, listen: Callable[[], Awaitable[None]]) -> None:
        """Send and listen until either ends, or the server does."""
        self._hub.counters.clients += 1
        tasks = (asyncio.ensure_future(connection.run()), asyncio.ensure_future(listen()))
        forget = self._hub.attend(connection)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            forget()
            connection.close()
            self._hub.counters.clients -= 1
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Head(Struct):
    type: str
    seq: str | None = None


def _as_event(text: str) -> str:
    """A message as a server-sent event; frames have their place as id, so that a browser resumes by itself."""
    if not text:
        return ": still here\n\n"
    head = msgspec.json.decode(text, type=_Head)
    return (f"id: {head.seq}\n" if head.seq else "") + f"event: {head.type}\ndata: {text}\n\n"


def _asked(scope: Scope) -> Asked:
    """What the address of a stream of events asks for.

    Raises:
        InvalidInput: a parameter is unknown or cannot be read.
    """
    pairs = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    given: dict[str, object] = dict(read_given(pairs, LIVE_FILTERS))
    last = header_of(scope, b"last-event-id")
    if last:
        given["after"] = last
    for name in ("trees", "running", "brief"):
        if name in given:
            given[name] = given[name] == "true"
    if "kinds" in given:
        given["kinds"] = str(given["kinds"]).split(",")
    try:
        return msgspec.convert(given, Asked)
    except msgspec.ValidationError as error:
        raise InvalidInput(
            f"The address cannot be read: {error}. Expected parameters as docs/how-to/live.md has them. Correct it."
        ) from None
