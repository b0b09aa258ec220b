"""How a stream goes to a browser: as server-sent events, or over a WebSocket.

    return StreamingResponse(server_sent(stream(pieces)), media_type="text/event-stream")     # Starlette, FastAPI
    await send_events(stream(pieces), websocket.send_text)                                    # Starlette, FastAPI
    await send_events(stream(pieces), connection.send)                                        # websockets

When the browser goes away the stream is closed, and the model's answer with it.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import msgspec

from longpole.remedies.streams import StreamEvent, StreamEventKind


async def server_sent(events: AsyncGenerator[StreamEvent]) -> AsyncGenerator[bytes]:
    """Events as `text/event-stream` (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    The event's name is its kind; its data is the JSON text of a chunk, so that no line break is lost, or nothing. An
    error of the source is told as the event `failed`, without its message, and raised.
    """
    async with aclosing(events):
        try:
            async for event in events:
                data = msgspec.json.encode(event.text) if event.kind is StreamEventKind.TEXT else b""
                yield b"event: %b\ndata: %b\n\n" % (event.kind.encode(), data)
        except Exception:
            yield b"event: failed\ndata: \n\n"
            raise


async def send_events(events: AsyncGenerator[StreamEvent], send: Callable[[str], Awaitable[Any]]) -> None:
    """Sends each event as JSON, `{"kind": "text", "text": "..."}`, one after the other: a slow reader is waited for.

    Raises:
        Exception: what `send` raises when the reader is gone, after the stream is closed; or what the source raised,
            after `{"kind": "failed", "text": ""}` was sent.
    """
    async with aclosing(events):
        while True:
            try:
                event = await anext(events, None)
            except Exception:
                await send('{"kind":"failed","text":""}')
                raise
            if event is None:
                return
            await send(msgspec.json.encode({"kind": event.kind, "text": event.text}).decode())
