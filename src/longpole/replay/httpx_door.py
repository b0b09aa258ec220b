"""Requests of httpx, which the clients of model providers are built on, met at the transport: below every client, above
the network."""

import hashlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from longpole.record.instrument.replacement import Replacements
from longpole.record.instrument.when_imported import when_imported
from longpole.record.site import Site

LIBRARIES = ("httpx", "httpx2")
_MOST_SITES = 4096


class Handler(Protocol):
    """Answers requests, or has them sent by the second argument."""

    def exchange(self, library: Any, request: Any, send: Callable[[], Any]) -> Any:
        """The response to a request whose body has been read."""

    async def exchange_async(self, library: Any, request: Any, send: Callable[[], Awaitable[Any]]) -> Any:
        """The same for an asynchronous client."""


class Door:
    """Stands before the transports of httpx, once it is imported; `handler` answers, nobody if it is `None`."""

    def __init__(self) -> None:
        self.handler: Handler | None = None
        self._hooks: dict[str, Replacements] = {}

    def open(self, handler: Handler) -> None:
        """From now on requests are the handler's."""
        self.handler = handler
        for name in LIBRARIES:
            when_imported(name, lambda name=name: self._install(name))

    def close(self) -> None:
        """Requests go to the network again."""
        self.handler = None
        for name in tuple(self._hooks):
            self._hooks.pop(name).remove()

    def _install(self, name: str) -> None:
        if self.handler is None or name in self._hooks:
            return
        library, hook = sys.modules[name], Replacements()
        self._hooks[name] = hook
        hook.add(library.HTTPTransport, "handle_request", lambda send, _: self._wrap(library, send))
        hook.add(library.AsyncHTTPTransport, "handle_async_request", lambda send, _: self._wrap_async(library, send))

    def _wrap(self, library: Any, send: Any) -> Any:
        def longpole_handle_request(transport: Any, request: Any) -> Any:
            handler = self.handler
            if handler is None:
                return send(transport, request)
            request.read()
            return handler.exchange(library, request, lambda: send(transport, request))

        return longpole_handle_request

    def _wrap_async(self, library: Any, send: Any) -> Any:
        async def longpole_handle_request(transport: Any, request: Any) -> Any:
            handler = self.handler
            if handler is None:
                return await send(transport, request)
            await request.aread()
            return await handler.exchange_async(library, request, lambda: send(transport, request))

        return longpole_handle_request


door = Door()


def asked_of(request: Any) -> dict[str, Any]:
    """What a request asks: method, host, path and body; no headers, which hold keys and ids. The host is without its
    port: servers of tests listen on another one in every run."""
    url = request.url
    body = _body(request.content, request.headers.get("content-type", ""))
    return {"method": request.method, "host": url.host, "path": url.raw_path.decode("ascii", "replace"), "body": body}


@lru_cache(maxsize=_MOST_SITES)
def site_of(method: str, host: str, path: str) -> Site:
    """The step that a request is: its method and the path without the query."""
    site = Site(f"{method} {path}", "http", more={"http.request.method": method, "server.address": host})
    site.parameters = ("request",)
    return site


def _body(content: bytes, kind: str) -> Any:
    if not content:
        return None
    boundary = kind.partition("boundary=")[2].strip('"').encode()
    if boundary:  # of a form: another one in every run
        content = content.replace(boundary, b"boundary")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return {"bytes": len(content), "hash": hashlib.blake2b(content, digest_size=16).hexdigest()}
    try:
        return msgspec.json.decode(text) if "json" in kind else text
    except msgspec.DecodeError:
        return text


@lru_cache(maxsize=8)
def _stream_class(base: Any) -> Any:
    class _Stream(base):  # pyright: ignore[reportUntypedBaseClass] - of httpx or httpx2
        def __init__(self, chunks: Iterator[bytes], close: Callable[[], None]) -> None:
            self._chunks, self._close = chunks, close

        def __iter__(self) -> Iterator[bytes]:
            return self._chunks

        def close(self) -> None:
            self._close()

    return _Stream


@lru_cache(maxsize=8)
def _async_stream_class(base: Any) -> Any:
    class _AsyncStream(base):  # pyright: ignore[reportUntypedBaseClass]
        def __init__(self, chunks: AsyncIterator[bytes], close: Callable[[], Awaitable[None]]) -> None:
            self._chunks, self._close = chunks, close

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self._chunks

        async def aclose(self) -> None:
            await self._close()

    return _AsyncStream


def stream_of(library: Any, chunks: Iterator[bytes], close: Callable[[], None]) -> Any:
    """A body of the library's own kind."""
    return _stream_class(library.SyncByteStream)(chunks, close)


def async_stream_of(library: Any, chunks: AsyncIterator[bytes], close: Callable[[], Awaitable[None]]) -> Any:
    """The same for an asynchronous client."""
    return _async_stream_class(library.AsyncByteStream)(chunks, close)
