"""One client of the live door: what it asked for, and what waits to be sent to it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from longpole.model.errors import LongpoleError
from longpole.reports.live_views import Kind
from longpole.server.live_channel import Subscription, Watch
from longpole.server.live_hub import Hub
from longpole.server.live_running import RunningTeller

MOST_SUBSCRIPTIONS = 16
MOST_MESSAGES = 64
STUCK_S = 30.0
"""A client that takes nothing for so long is let go."""

Name = Annotated[str, Meta(pattern="^[A-Za-z0-9_.-]{1,32}$")]
Text = Annotated[str, Meta(max_length=500)]


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client sends: what to tell, or to stop telling.

    `after` is the `seq` of the last frame it has, to go on there. With `trees` it is first told the trees that run,
    with `running` how many of what runs, whenever that changes. With `brief` it hears how much has happened, not what.
    """

    type: Literal["subscribe", "unsubscribe"] = "subscribe"
    subscription: Name = "live"
    workspace: Text | None = None
    agent: Text | None = None
    execution: Text | None = None
    kinds: Annotated[list[Kind], Meta(max_length=8)] | None = None
    after: Text | None = None
    trees: bool = True
    running: bool = False
    brief: bool = False


class LiveConnection:
    """Sends what its subscriptions hear through `transmit`, one message after the other. Lives on the event loop."""

    def __init__(
        self,
        hub: Hub,
        teller: RunningTeller,
        transmit: Callable[[str], Awaitable[None]],
        *,
        workspace: str | None = None,
    ) -> None:
        """A connection that asked for nothing yet.

        Args:
            hub: tells what happens.
            teller: tells how many of what run.
            transmit: sends one message; returns when the other side can take the next one.
            workspace: the only one that it may hear of.
        """
        self._hub = hub
        self._teller = teller
        self._transmit = transmit
        self._workspace = workspace
        self._subscriptions: dict[str, Subscription] = {}
        self._asked: dict[str, Asked] = {}
        self._beginning = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._messages: deque[str] = deque()
        self._news = asyncio.Event()
        self._is_sending = False
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """Whether the other side does not take what was sent."""
        return self._is_sending or len(self._messages) >= MOST_MESSAGES

    def send(self, text: str) -> None:
        """Send a message soon."""
        self._messages.append(text)
        self._news.set()

    async def run(self) -> None:
        """Send until the end.

        Raises:
            TimeoutError: the other side has taken nothing for half a minute.
        """
        while not self._is_closed:
            await self._news.wait()
            self._news.clear()
            while self._messages and not self._is_closed:
                await self._send_one(self._messages.popleft())
                if not self._messages:
                    for subscription in list(self._subscriptions.values()):
                        subscription.catch_up()

    async def _send_one(self, text: str) -> None:
        self._is_sending = True
        try:
            async with asyncio.timeout(STUCK_S):
                await self._transmit(text)
        finally:
            self._is_sending = False

    async def take(self, text: str | bytes) -> None:
        """Do what a message asks for; what cannot be done is answered."""
        try:
            asked = msgspec.json.decode(text, type=Asked)
        except msgspec.MsgspecError as error:
            self._refuse(
                f"The message cannot be read: {error}. Expected one as docs/how-to/live.md has it. Correct it."
            )
            return
        if asked.type == "unsubscribe":
            self._unsubscribe(asked.subscription)
        elif len(self._subscriptions) >= MOST_SUBSCRIPTIONS and asked.subscription not in self._subscriptions:
            self._refuse(
                f"This connection has {MOST_SUBSCRIPTIONS} subscriptions already. Expected no more. Give one up first."
            )
        else:
            await self.subscribe(asked)

    async def subscribe(self, asked: Asked) -> None:
        """Begin a subscription, in place of the one of the same name: what runs first, then what happens."""
        async with self._beginning:
            self._unsubscribe(asked.subscription)
            watch, seq = self._watch(asked), self._hub.seq
            subscription = self._hub.subscribe(asked.subscription, self, watch)
            self._subscriptions[asked.subscription], self._asked[asked.subscription] = subscription, asked
            is_resumed = self._hub.resume(subscription, asked.after) if asked.after else None
            await self._begin(subscription, asked, seq, is_resumed=is_resumed)
            if asked.running:
                self._teller.add(asked.subscription, self, watch)

    def miss(self) -> None:
        """Begin every subscription anew: something may have happened that was not told."""
        task = asyncio.get_running_loop().create_task(self._begin_anew())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _begin_anew(self) -> None:
        async with self._beginning:
            for name, subscription in list(self._subscriptions.items()):
                if self._subscriptions.get(name) is subscription:
                    await self._begin(subscription, self._asked[name], self._hub.seq, is_resumed=False)

    async def _begin(self, subscription: Subscription, asked: Asked, seq: str, *, is_resumed: bool | None) -> None:
        subscription.is_held = True
        self._say(type="subscribed", subscription=asked.subscription, seq=seq, resumed=is_resumed)
        if asked.trees and not is_resumed:
            await self._tell_trees(asked.subscription, subscription.channel.watch)
        subscription.is_held = False
        subscription.catch_up()

    def close(self) -> None:
        """Hear nothing any more, and end `run`."""
        self._is_closed = True
        for name in list(self._subscriptions):
            self._unsubscribe(name)
        self._news.set()

    def _watch(self, asked: Asked) -> Watch:
        # Of another workspace than its own a key hears as much as of one that does not exist.
        workspace = asked.workspace if self._workspace is None else self._workspace
        is_foreign = asked.workspace not in (None, workspace)
        kinds = frozenset[Kind]() if is_foreign else frozenset(asked.kinds) if asked.kinds else None
        return Watch(
            workspace=workspace, agent=asked.agent, execution=asked.execution, kinds=kinds, is_brief=asked.brief
        )

    async def _tell_trees(self, name: str, watch: Watch) -> None:
        try:
            text = await asyncio.to_thread(self._trees_text, name, watch)
        except LongpoleError as error:
            self._refuse(str(error), name)
        else:
            self.send(text)

    def _trees_text(self, name: str, watch: Watch) -> str:
        trees, more = self._teller.trees(watch)
        told = {"type": "trees", "subscription": name, "trees": trees, "more": more}
        return msgspec.json.encode(told).decode()

    def _unsubscribe(self, name: str) -> None:
        subscription = self._subscriptions.pop(name, None)
        self._asked.pop(name, None)
        if subscription is not None:
            subscription.leave()
            self._teller.remove(name, self)

    def _refuse(self, detail: str, name: str | None = None) -> None:
        self._say(type="refused", subscription=name, detail=detail)

    def _say(self, **told: Any) -> None:
        self.send(msgspec.json.encode(told).decode())
