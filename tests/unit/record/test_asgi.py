"""`TimingMiddleware` around raw ASGI applications, and in Starlette and Litestar behind a real server."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from litestar import Litestar
from litestar import get as litestar_get
from litestar.params import FromPath
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.sync.client import connect

import longpole
from longpole import TimingMiddleware
from longpole.record.current import current
from longpole.wire import longpole_names as names
from running_server import wait_until

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Caller:
    """The server's side of one exchange with an application, without a server."""

    def __init__(self, app: Any, kind: str = "http", **scope: Any) -> None:
        self.app = TimingMiddleware(app, skip={"/healthz"})
        self.scope = {"type": kind, "method": "GET", "path": "/", "headers": [], "scheme": "http", **scope}
        self.incoming: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.is_broken = False

    async def receive(self) -> dict[str, Any]:
        return self.incoming.pop(0) if self.incoming else {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: dict[str, Any]) -> None:
        if self.is_broken:
            raise OSError("connection lost")
        self.sent.append(message)

    def run(self) -> "Caller":
        asyncio.run(self.app(self.scope, self.receive, self.send))
        return self


def answering(status: int = 200, *bodies: bytes) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        for body in bodies:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        with longpole.time_step("inside"):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


def test_a_request_is_a_step_with_method_path_and_status(recorded: Any) -> None:
    caller = Caller(answering(201, b"a", b"b"), path="/things/7", method="POST").run()
    assert [message.get("body") for message in caller.sent] == [None, b"a", b"b", b""]
    span = recorded.span("POST")
    assert span.attributes[names.CATEGORY] == "http"
    assert span.attributes["url.path"] == "/things/7"
    assert span.attributes["http.response.status_code"] == 201
    assert span.status_code == 1
    assert recorded.parent_of("inside") == "POST"
    assert current.get() is None


@pytest.mark.parametrize(("status", "code"), [(404, 1), (500, 2), (503, 2)])
def test_from_500_on_the_request_has_failed(status: int, code: int, recorded: Any) -> None:
    Caller(answering(status)).run()
    span = recorded.span("GET")
    assert span.status_code == code
    assert span.attributes.get(names.STATUS) == ("failed" if code == 2 else None)


def test_a_request_is_below_the_caller_that_it_names(recorded: Any) -> None:
    headers = [(b"traceparent", f"00-{TRACE}-{SPAN}-01".encode()), (b"tracestate", b"other=1")]
    seen: list[dict[str, str]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(longpole.trace_headers())
        await answering()(scope, receive, send)

    Caller(app, headers=headers).run()
    span = recorded.span("GET")
    assert (span.trace_id, span.parent_span_id) == (TRACE, SPAN)
    assert seen == [{"traceparent": f"00-{TRACE}-{span.span_id}-01", "tracestate": "other=1"}]


def test_what_the_caller_left_out_is_left_out_here(recorded: Any) -> None:
    headers = [(b"traceparent", f"00-{TRACE}-{SPAN}-00".encode()), (b"tracestate", b"longpole=0")]
    Caller(answering(), headers=headers).run()
    assert recorded.spans == []


def test_an_exception_goes_on_unchanged_and_the_request_has_failed(recorded: Any) -> None:
    error = KeyError("x")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    with pytest.raises(KeyError) as caught:
        Caller(app).run()
    assert caught.value is error
    assert recorded.span("GET").attributes["error.type"] == "KeyError"


def test_the_exception_behind_a_500_is_kept(recorded: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering(500)(scope, receive, send)
        raise KeyError("x")

    with pytest.raises(KeyError):
        Caller(app).run()
    span = recorded.span("GET")
    assert span.attributes["error.type"] == "KeyError"
    assert span.attributes["http.response.status_code"] == 500


def test_a_request_ends_with_its_last_byte(recorded: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering()(scope, receive, send)
        assert recorded.span("GET").ended_ns > 0
        with longpole.time_step("in the background"):
            pass
        raise OSError("too late to matter")

    with pytest.raises(OSError, match="too late"):
        Caller(app).run()
    assert recorded.parent_of("in the background") == "GET"
    assert recorded.span("GET").status_code == 1
    lines = [log.body for log in recorded.taken.logs if log.event_name == names.EVENT_LOG]
    assert lines == ["After the answer: OSError: too late to matter"]


def test_a_client_that_goes_away_before_the_end_makes_it_timeout(recorded: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    caller = Caller(app)
    caller.incoming.append({"type": "http.disconnect"})
    caller.run()
    span = recorded.span("GET")
    assert (span.attributes[names.STATUS], span.attributes["error.type"]) == ("timeout", "client_disconnected")


def test_a_connection_that_breaks_while_sending_makes_it_timeout(recorded: Any) -> None:
    caller = Caller(answering())
    caller.is_broken = True
    with pytest.raises(OSError, match="connection lost"):
        caller.run()
    assert recorded.span("GET").attributes[names.STATUS] == "timeout"


def test_a_client_that_goes_away_afterwards_changes_nothing(recorded: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answering()(scope, receive, send)
        await receive()

    caller = Caller(app)
    caller.incoming.append({"type": "http.disconnect"})
    caller.run()
    assert names.STATUS not in recorded.span("GET").attributes


def test_a_cancelled_request_is_timeout(recorded: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        caller = Caller(app)
        await asyncio.wait_for(caller.app(caller.scope, caller.receive, caller.send), 0.001)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert recorded.span("GET").attributes[names.STATUS] == "timeout"


def test_an_answer_that_is_never_completed_has_failed(recorded: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    Caller(app).run()
    assert recorded.span("GET").attributes["error.type"] == "incomplete_response"


def test_lifespan_skipped_paths_and_everything_before_configure_pass_through(
    record_with: Callable[..., Any],
) -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((receive, send))

    callers = [Caller(app)]
    callers[0].run()
    recorded = record_with()
    callers += [Caller(app, "lifespan").run(), Caller(app, path="/healthz").run()]
    assert recorded.spans == []
    assert [(receive.__self__, send.__self__) for receive, send in seen] == [(each, each) for each in callers]


def test_a_method_that_nobody_knows_does_not_make_a_name(recorded: Any) -> None:
    Caller(answering(), method="X" * 50).run()
    assert recorded.span("_OTHER").attributes["http.request.method"] == "_OTHER"


@pytest.mark.parametrize(("code", "status"), [(1000, None), (1011, "failed")])
def test_a_websocket_is_one_step(code: int, status: str | None, recorded: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": code})

    Caller(app, "websocket", path="/live").run()
    assert recorded.span("WEBSOCKET").attributes.get(names.STATUS) == status


def test_a_websocket_whose_client_vanished_is_timeout(recorded: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()

    caller = Caller(app, "websocket")
    caller.incoming.append({"type": "websocket.disconnect", "code": 1006})
    caller.run()
    assert recorded.span("WEBSOCKET").attributes[names.STATUS] == "timeout"


# Behind a real server


@contextmanager
def served(app: Any) -> Iterator[httpx.Client]:
    """The application behind uvicorn on a free port, in a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="websockets-sansio", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        wait_until(lambda: server.started, "uvicorn to start")
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


async def one_user(request: Any) -> PlainTextResponse:
    with longpole.time_step("load user"):
        return PlainTextResponse(request.path_params["user_id"])


async def broken(request: Any) -> PlainTextResponse:
    raise RuntimeError("no answer")


async def slow_lines() -> AsyncIterator[bytes]:
    for number in range(3):
        with longpole.time_step(f"line {number}"):
            await asyncio.sleep(0.02)
        yield f"{number}\n".encode()


async def stream(request: Any) -> StreamingResponse:
    return StreamingResponse(slow_lines())


async def after(request: Any) -> PlainTextResponse:
    async def clean_up() -> None:
        with longpole.time_step("clean up"):
            pass

    return PlainTextResponse("done", background=BackgroundTask(clean_up))


async def endless_lines() -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(0.005)
        yield b"x" * 1000


async def endless(request: Any) -> StreamingResponse:
    return StreamingResponse(endless_lines())


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


STARLETTE = Starlette(
    routes=[
        Route("/users/{user_id}", one_user),
        Mount("/api", routes=[Route("/users/{user_id}", one_user)]),
        Route("/broken", broken),
        Route("/stream", stream),
        Route("/after", after),
        Route("/endless", endless),
        WebSocketRoute("/echo", echo),
    ],
    middleware=[Middleware(TimingMiddleware)],
)


@pytest.fixture
def starlette(recorded: Any) -> Iterator[httpx.Client]:
    with served(STARLETTE) as client:
        yield client


def test_starlette_gives_the_route_also_below_a_mount(starlette: httpx.Client, recorded: Any) -> None:
    assert starlette.get("/users/7").text == "7"
    assert starlette.get("/api/users/8").text == "8"
    assert starlette.get("/nowhere").status_code == 404
    span = recorded.span("GET /users/{user_id}")
    assert span.attributes["http.route"] == "/users/{user_id}"
    assert (span.attributes[names.TRIGGER_TYPE], span.attributes[names.TRIGGER_SOURCE]) == ("api", span.name)
    assert recorded.span("GET /api/users/{user_id}").attributes["url.path"] == "/api/users/8"
    assert recorded.span("GET").attributes["http.response.status_code"] == 404
    parents = {span.parent_span_id for span in recorded.spans if span.name == "load user"}
    assert parents == {span.span_id for span in recorded.spans if "user_id" in span.name}


def test_starlette_failures_carry_their_exception(starlette: httpx.Client, recorded: Any) -> None:
    assert starlette.get("/broken").status_code == 500
    wait_until(lambda: [s for s in recorded.spans if s.name == "GET /broken"], "the request to end")
    span = recorded.span("GET /broken")
    assert (span.status_code, span.attributes["error.type"]) == (2, "RuntimeError")


def test_a_streamed_answer_is_timed_to_its_end(starlette: httpx.Client, recorded: Any) -> None:
    assert starlette.get("/stream").text == "0\n1\n2\n"
    span = recorded.span("GET /stream")
    assert span.ended_ns - span.started_ns >= 60e6
    assert [recorded.parent_of(f"line {number}") for number in range(3)] == ["GET /stream"] * 3


def test_a_background_task_is_below_its_request(starlette: httpx.Client, recorded: Any) -> None:
    assert starlette.get("/after").text == "done"
    wait_until(lambda: [s for s in recorded.spans if s.name == "clean up"], "the background task")
    assert recorded.parent_of("clean up") == "GET /after"


def test_a_reader_that_leaves_a_stream_makes_it_timeout(starlette: httpx.Client, recorded: Any) -> None:
    with starlette.stream("GET", "/endless") as response:
        next(response.iter_bytes())
    wait_until(lambda: [s for s in recorded.spans if s.name == "GET /endless"], "the request to end")
    assert recorded.span("GET /endless").attributes[names.STATUS] == "timeout"


def test_a_websocket_carries_its_messages_and_is_one_step(starlette: httpx.Client, recorded: Any) -> None:
    with connect(str(starlette.base_url).replace("http", "ws") + "/echo") as websocket:
        websocket.send("hello")
        assert websocket.recv() == "hello"
    wait_until(lambda: [s for s in recorded.spans if s.name == "WEBSOCKET /echo"], "the websocket to end")
    assert names.STATUS not in recorded.span("WEBSOCKET /echo").attributes


def test_litestar_gives_the_route(recorded: Any) -> None:
    @litestar_get("/users/{user_id:int}", sync_to_thread=False)
    def user(user_id: FromPath[int]) -> dict[str, int]:
        with longpole.time_step("load user"):
            return {"user_id": user_id}

    with served(Litestar([user], middleware=[TimingMiddleware])) as client:
        assert client.get("/users/7").json() == {"user_id": 7}
    with served(TimingMiddleware(Litestar([user]))) as client:
        assert client.get("/users/8").json() == {"user_id": 8}
    found = [span.attributes["url.path"] for span in recorded.spans if span.name.startswith("GET /users/{user_id")]
    assert found == ["/users/7", "/users/8"]
