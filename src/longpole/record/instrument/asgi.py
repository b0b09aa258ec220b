"""`TimingMiddleware`: every request that an ASGI application answers is a step, from its arrival to its last byte.

    app = TimingMiddleware(app)                                         # any ASGI application
    Starlette(routes=..., middleware=[Middleware(TimingMiddleware)])    # Starlette, FastAPI
    Litestar(route_handlers=..., middleware=[TimingMiddleware])         # Litestar

https://asgi.readthedocs.io/en/latest/specs/www.html. Bodies pass through untouched; `lifespan` is not looked at.
"""

from collections.abc import Awaitable, Callable, Collection, MutableMapping
from functools import lru_cache
from typing import Any

from longpole.model.category import Category
from longpole.model.status import ExecutionStatus
from longpole.record.annotate import add_line
from longpole.record.current import ENDED, SITE, Record, current
from longpole.record.more import ATTRIBUTES, add_attributes, put
from longpole.record.propagate import TRACESTATE, remote_place
from longpole.record.recorder import recorder
from longpole.record.running import Running
from longpole.record.site import Site
from longpole.record.trouble import complain
from longpole.wire import longpole_names as names

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]  # each framework has its own types for scope, receive and send

WEBSOCKET = "WEBSOCKET"
# Others are attacks or mistakes, and each would be a name of its own (OpenTelemetry HTTP conventions).
METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", WEBSOCKET}
)
_BODIES = frozenset({"http.response.body", "http.response.pathsend", "http.response.zerocopysend"})
INTERNAL_ERROR, VANISHED = 1011, 1006  # closing codes of a websocket, RFC 6455 7.4.1


class TimingMiddleware:
    """Records each HTTP request and each websocket as a step of the category "http", below the caller's `traceparent`.

    A status from 500 on or an exception makes it `failed`; a client that goes away before the answer is complete, or a
    cancellation, makes it `timeout`. Exceptions go on unchanged.

    Args:
        app: the application.
        skip: paths that are not recorded, such as "/healthz".
    """

    def __init__(self, app: App, skip: Collection[str] = ()) -> None:
        self.app = app
        self._skip = frozenset(skip)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers one request, websocket or lifespan."""
        if not recorder.is_on or (exchange := self._begin(scope, receive, send)) is None:
            await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except BaseException as error:
            exchange.end(error)
            raise
        exchange.end(None)

    def _begin(self, scope: Any, receive: Any, send: Any) -> "_Exchange | None":
        try:
            if scope["type"] not in ("http", "websocket") or scope.get("path") in self._skip:
                return None
            return _Exchange(scope, receive, send)
        except Exception as error:  # a scope that no server should make
            complain("asgi", error)
            return None


class _Exchange:
    """One request and its answer, or one websocket."""

    def __init__(self, scope: Scope, receive: Any, send: Any) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._is_websocket = scope["type"] == "websocket"
        self._root = scope.get("root_path", "")
        self._status: int | None = None
        self._is_complete = self._is_websocket  # whenever a websocket ends, it is complete
        self._is_gone = False
        record: Record = [_caller(scope), self._site(), None, None, None, None, None, None, None]
        add_attributes(record, {"url.path": scope.get("path"), "url.scheme": scope.get("scheme")})
        self._running = Running(record)

    async def receive(self) -> Message:
        """Passes on what the client sends, and notes whether it has gone."""
        message = await self._receive()
        try:
            if message["type"] == "http.disconnect":
                self._is_gone = not self._is_complete
            elif message["type"] == "websocket.disconnect":
                self._is_gone = message.get("code") == VANISHED
        except Exception as error:
            complain("asgi", error)
        return message

    async def send(self, message: Message) -> None:
        """Passes on what the application answers, and notes its status and its end."""
        try:
            await self._send(message)
        except OSError:  # how servers tell that nobody reads any more
            self._is_gone = True
            raise
        try:
            self._note_sent(message)
        except Exception as error:
            complain("asgi", error)

    def _note_sent(self, message: Message) -> None:
        kind = message["type"]
        if kind in ("http.response.start", "websocket.http.response.start"):
            self._status = int(message["status"])
        elif kind == "websocket.close" and message.get("code") == INTERNAL_ERROR:
            self._status = 500
        elif kind in _BODIES and not message.get("more_body", False):
            self._is_complete = True
            # What comes after the answer is the application's own time. After a 5xx its exception is still to come.
            if self._status is not None and self._status < 500:
                self._note_outcome(None)
                self._running.stop()

    def end(self, error: BaseException | None) -> None:
        """The application is done."""
        try:
            record = self._running.record
            if error is not None and record[SITE] is not None and record[ENDED] is not None:
                add_line(record, f"After the answer: {type(error).__qualname__}: {error}", "error", {})
            self._note_outcome(error)
        except Exception as trouble:
            complain("asgi", trouble)
        self._running.end(error)

    def _note_outcome(self, error: BaseException | None) -> None:
        record = self._running.record
        if record[SITE] is not None and record[ENDED] is None:
            record[SITE] = site = self._site()
            put(
                record, ATTRIBUTES, {names.TRIGGER_TYPE: "api", names.TRIGGER_SOURCE: site.name, **self._outcome(error)}
            )

    def _outcome(self, error: BaseException | None) -> dict[str, Any]:
        code = {"http.response.status_code": self._status}
        if self._is_gone:
            return {**code, names.STATUS: str(ExecutionStatus.TIMEOUT), "error.type": "client_disconnected"}
        if self._status is not None and self._status >= 500:
            return {**code, names.STATUS: str(ExecutionStatus.FAILED), "error.type": str(self._status)}
        if error is None and not self._is_complete:
            return {**code, names.STATUS: str(ExecutionStatus.FAILED), "error.type": "incomplete_response"}
        return code

    def _site(self) -> Site:
        method = WEBSOCKET if self._is_websocket else self._scope.get("method", "")
        return _site(method if method in METHODS else "_OTHER", _route(self._scope, self._root))


@lru_cache(4096)
def _site(method: str, route: str | None) -> Site:
    attributes = {"http.request.method": method, "http.route": route}
    return Site(method if route is None else f"{method} {route}", Category.HTTP, more=attributes)


def _route(scope: Scope, root: str) -> str | None:
    """The pattern that the framework found for the path, once it has: Litestar's, or Starlette's with its mounts."""
    if template := scope.get("path_template"):
        return template
    path = getattr(scope.get("route"), "path", None)
    if not isinstance(path, str):
        return None
    return scope.get("root_path", "").removeprefix(root) + path


def _caller(scope: Scope) -> Record | None:
    """The step of the caller, in whatever process, by the headers of the request."""
    wanted = (b"traceparent", TRACESTATE.encode())
    found = {name: value.decode("latin-1") for name, value in scope.get("headers", ()) if name in wanted}
    place = remote_place(found.get(b"traceparent"), found.get(wanted[1]))
    return place or current.get() or recorder.outside
