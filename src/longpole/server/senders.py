"""Who sends to the OTLP door, as HTTP shows it: what was refused to whom, and why.

A body that is refused is not looked into, so nobody knows the program that sent it; its `User-Agent` and its address
say as much as there is.
"""

from collections import Counter
from collections.abc import Callable

from msgspec import Struct, field

from longpole.model.clock import now_ns
from longpole.server.asgi import App, Message, Receive, Scope, Send, header_of

MOST_SENDERS = 500
_LONGEST_NAME = 80


class Sender(Struct):
    """A client of the door: its requests, and those that were refused, by status. Times are ns since 1970."""

    name: str
    address: str
    requests: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    heard_ns: int = 0
    refused_ns: int | None = None


class Senders:
    """The clients of one door, of which the one heard longest ago is forgotten when there are too many."""

    def __init__(self, now: Callable[[], int] = now_ns) -> None:
        self._now = now
        self._senders: dict[tuple[str, str], Sender] = {}

    def all(self) -> list[Sender]:
        """Those that were refused something last, then the others."""
        return sorted(self._senders.values(), key=lambda each: (-(each.refused_ns or 0), -each.heard_ns))

    def heard(self, door: App) -> App:
        """The door, with a note of who came and what the answer was. Costs 2 us a request."""

        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            sender = self._sender(scope)
            sender.requests += 1
            sender.heard_ns = self._now()
            has_answer = False

            async def send_noting(message: Message) -> None:
                nonlocal has_answer
                if message["type"] == "http.response.start":
                    has_answer = True
                    if message["status"] >= 400:
                        self._refuse(sender, str(message["status"]))
                await send(message)

            await door(scope, receive, send_noting)
            if not has_answer:
                self._refuse(sender, "disconnected")

        return noting

    def _refuse(self, sender: Sender, reason: str) -> None:
        sender.refused[reason] += 1
        sender.refused_ns = self._now()

    def _sender(self, scope: Scope) -> Sender:
        address = (scope.get("client") or ("unknown",))[0]
        key = (header_of(scope, b"user-agent")[:_LONGEST_NAME] or "unknown", str(address))
        sender = self._senders.get(key)
        if sender is None:
            if len(self._senders) >= MOST_SENDERS:
                del self._senders[min(self._senders, key=lambda each: self._senders[each].heard_ns)]
            sender = self._senders[key] = Sender(*key)
        return sender
