"""The raw ASGI types, and how an answer is sent without a framework."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

Header = tuple[bytes, bytes]


def header_of(scope: Scope, name: bytes) -> str:
    """A request header's value, empty if there is none; `name` in lower case. Of several the first."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


async def send_answer(
    send: Send, status: int, body: bytes, content_type: str, headers: Iterable[Header] = (), *, is_head: bool = False
) -> None:
    """Send a whole answer; for HEAD its headers only."""
    head = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
