"""The pauses of model clients and of httpx, against a server on loopback that says no first."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anthropic
import httpx
import openai
import pytest

import longpole
from longpole.record.current import current
from longpole.record.instrument import httpx_waits, retry_waits

OPENAI_ANSWER = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "small",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"}}],
}
ANTHROPIC_ANSWER = {
    "id": "1",
    "type": "message",
    "role": "assistant",
    "model": "small",
    "content": [{"type": "text", "text": "yes"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


class Provider:
    """Answers `refusals` first, as (status, headers), then yes."""

    def __init__(self) -> None:
        self.refusals: list[tuple[int, dict[str, str]]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                answer = ANTHROPIC_ANSWER if self.path.endswith("/messages") else OPENAI_ANSWER
                status, headers = provider.refusals.pop(0) if provider.refusals else (200, {})
                body = json.dumps(answer if status == 200 else {"error": {"message": "no"}}).encode()
                self.send_response(status)
                for name, value in {**headers, "content-type": "application/json"}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@pytest.fixture
def provider() -> Iterator[Provider]:
    running = Provider()
    retry_waits.install()
    httpx_waits.install()
    try:
        yield running
    finally:
        httpx_waits.remove()
        retry_waits.remove()
        running.stop()


def ask_openai(url: str) -> None:
    client = openai.OpenAI(api_key="k", base_url=url, http_client=stepping_client(openai))
    with client:
        client.chat.completions.create(model="small", messages=[{"role": "user", "content": "?"}])


def ask_anthropic(url: str) -> None:
    client = anthropic.Anthropic(api_key="k", base_url=url, http_client=stepping_client(anthropic))
    with client:
        client.messages.create(model="small", max_tokens=5, messages=[{"role": "user", "content": "?"}])


async def _ask_openai_async(url: str) -> None:
    async with openai.AsyncOpenAI(api_key="k", base_url=url, http_client=stepping_async_client(openai)) as client:
        await client.chat.completions.create(model="small", messages=[{"role": "user", "content": "?"}])


async def _ask_anthropic_async(url: str) -> None:
    client = anthropic.AsyncAnthropic(api_key="k", base_url=url, http_client=stepping_async_client(anthropic))
    async with client:
        await client.messages.create(model="small", max_tokens=5, messages=[{"role": "user", "content": "?"}])


def ask_openai_async(url: str) -> None:
    asyncio.run(_ask_openai_async(url))


def ask_anthropic_async(url: str) -> None:
    asyncio.run(_ask_anthropic_async(url))


def stepping_client(library: Any) -> Any:
    """A client of the library whose requests are steps, as an HTTP instrumentor makes them."""
    client = library.DefaultHttpxClient(trust_env=False)
    client.send = longpole.timing_step("send", category="http")(client.send)
    return client


def stepping_async_client(library: Any) -> Any:
    client = library.DefaultAsyncHttpxClient(trust_env=False)
    send = client.send

    @longpole.timing_step("send", category="http")
    async def stepping(*args: Any, **kwargs: Any) -> Any:
        return await send(*args, **kwargs)

    client.send = stepping
    return client


@pytest.mark.parametrize(
    "ask", [ask_openai, ask_anthropic, ask_openai_async, ask_anthropic_async], ids=lambda ask: ask.__name__
)
def test_a_client_shows_why_it_waited_and_numbers_its_requests(ask: Any, provider: Provider, recorded: Any) -> None:
    provider.refusals = [(429, {"retry-after-ms": "2"}), (503, {"retry-after-ms": "2"})]
    with longpole.time_step("outer"):
        ask(provider.url)
    outer = recorded.span("outer")
    limit, retry = recorded.span("wait for the rate limit"), recorded.span("wait to retry the request")
    assert (limit.attributes["longpole.category"], retry.attributes["longpole.category"]) == ("rate_limit", "retry")
    assert [wait.attributes["longpole.attempt"] for wait in (limit, retry)] == [1, 2]
    assert [wait.attributes["longpole.retry.cause"] for wait in (limit, retry)] == ["429", "503"]
    assert limit.attributes["longpole.retry.after_ms"] == 2.0
    assert limit.ended_ns - limit.started_ns >= 1_900_000
    sent = [span for span in recorded.spans if span.name == "send"]
    assert [span.attributes.get("longpole.attempt") for span in sent] == [None, 2, 3]
    assert {span.parent_span_id for span in [*sent, limit, retry]} == {outer.span_id}
    assert current.get() is None


def test_the_next_request_of_the_same_step_starts_anew(provider: Provider, recorded: Any) -> None:
    provider.refusals = [(429, {"retry-after-ms": "1"})]
    with longpole.time_step("outer"):
        ask_openai(provider.url)
        ask_openai(provider.url)
    sent = [span for span in recorded.spans if span.name == "send"]
    assert [span.attributes.get("longpole.attempt") for span in sent] == [None, 2, None]


def test_a_client_that_gives_up_raises_as_before(provider: Provider, recorded: Any) -> None:
    provider.refusals = [(429, {"retry-after-ms": "1"})] * 9
    with longpole.time_step("outer"), pytest.raises(openai.RateLimitError):
        ask_openai(provider.url)
    assert len([span for span in recorded.spans if span.name == "wait for the rate limit"]) == 2
    assert current.get() is None


def test_removed_the_clients_are_as_they_were(provider: Provider, recorded: Any) -> None:
    retry_waits.remove()
    provider.refusals = [(429, {"retry-after-ms": "1"})]
    with longpole.time_step("outer"):
        ask_openai(provider.url)
    assert [span.name for span in recorded.spans if span.name.startswith("wait")] == []


def test_a_server_that_asks_to_wait_is_an_event_of_the_step(provider: Provider, recorded: Any) -> None:
    provider.refusals = [(503, {"retry-after": "7"}), (503, {})]
    with httpx.Client(trust_env=False) as client, longpole.time_step("outer"):
        assert [client.get(provider.url).status_code for _ in range(3)] == [503, 503, 200]
    (event,) = recorded.span("outer").events
    assert event.name == "longpole.asked_to_wait"
    assert event.attributes["longpole.retry.after_ms"] == 7000.0
    assert event.attributes["http.response.status_code"] == 503


def closed_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def test_connecting_again_is_a_wait(provider: Provider, recorded: Any) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    transport = httpx.HTTPTransport(retries=1, trust_env=False)
    with httpx.Client(transport=transport) as client, longpole.time_step("outer"), pytest.raises(httpx.ConnectError):
        client.get(url)
    wait = recorded.span("wait to connect again")
    assert wait.attributes["longpole.category"] == "retry"
    assert wait.attributes["longpole.attempt"] == 1
    assert recorded.parent_of("wait to connect again") == "outer"


def test_connecting_again_in_async_code_is_one_too(provider: Provider, recorded: Any) -> None:
    async def main() -> None:
        transport = httpx.AsyncHTTPTransport(retries=1, trust_env=False)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client, longpole.time_step("outer"):
            with pytest.raises(httpx.ConnectError):
                await client.get(f"http://127.0.0.1:{closed_port()}")

    asyncio.run(main())
    assert recorded.parent_of("wait to connect again") == "outer"
