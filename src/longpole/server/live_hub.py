"""The live hub: takes what the pipeline publishes, finds what is new in it, numbers it, and tells those who listen.

A thread of its own looks through the batches; channels and clients live on the event loop. While nobody listens,
`told` returns at once and nothing is looked at. The newest events stay in a ring, so that a client whose connection
dropped goes on where it was; the ring is given up when nobody has listened for a minute.
"""

import asyncio
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from msgspec import Struct

from longpole.ingest.outage import Trouble
from longpole.model.batch import Batch
from longpole.model.bell import Bell
from longpole.reports.live_views import LiveEvent
from longpole.server.live_channel import Channel, Client, Subscription, Watch
from longpole.server.live_events import Happening, happening_of
from longpole.server.live_news import News

RING_EVENTS = 20_000
LINGER_S = 60.0
MOST_BATCHES = 500
MOST_SPREAD = 1_000
"""Events that channels are told in one round of the loop: 1 ms for each channel that wants all."""

MISSED_JOIN_S = 0.1
"""What is missed within such a time, as when several servers begin to tell, is one gap."""

_log = logging.getLogger("longpole.live")


def _no_trouble() -> Trouble | None:
    return None


def _nothing() -> None:
    pass


class Connection(Protocol):
    """One that subscriptions belong to, as the hub sees it. Both are called on the event loop."""

    def miss(self) -> None:
        """Begin anew: something may have happened that was not told."""
        ...

    def close(self) -> None:
        """End: the server does."""
        ...


Listener = Callable[[list[Happening]], None]
"""Is told on the hub's thread what has happened; must return at once."""


class HubCounters(Struct):
    """What the hub has done since it was made. `lost_batches` came faster than it could look through them."""

    events: int = 0
    frames: int = 0
    clients: int = 0
    resumed: int = 0
    resets: int = 0
    lost_batches: int = 0


class Hub:
    """Tells what happens. `told`, `publish`, `miss`, `listen`, `close` are for any thread, the rest for the loop."""

    def __init__(self, *, ring_events: int = RING_EVENTS, linger_s: float = LINGER_S) -> None:
        self.counters = HubCounters()
        self.elsewhere: Callable[[], Trouble | None] = _no_trouble
        """Says why other servers are not heard, if they should be."""
        self.welcome: Callable[[], None] = _nothing
        """Is called when a client begins to listen; must return at once."""
        self.epoch = secrets.token_hex(4)
        """Tells the numbers of this hub from those of another one, such as after a restart."""
        self._ring: deque[Happening] = deque(maxlen=ring_events)
        self._linger_s = linger_s
        self._number = self._oldest = 0  # events after `_oldest` are in the ring
        self._numbering = threading.Lock()
        self._news = News()
        self._waiting: deque[Batch | tuple[LiveEvent, bool]] = deque(maxlen=MOST_BATCHES)
        self._bell = Bell()
        self._is_wanted = self._is_closed = False
        self._wanted_until_s = 0.0
        self._listeners: tuple[Listener, ...] = ()
        self._channels: dict[Watch, Channel] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._connections: dict[Connection, None] = {}
        self._missing: asyncio.TimerHandle | None = None
        self._unspread: deque[Happening] = deque()  # what channels are still to be told

    @property
    def is_closed(self) -> bool:
        """Whether the server ends."""
        return self._is_closed

    # Those who tell

    def told(self, batch: Batch) -> None:
        """Take a batch that has just been published or saved. Returns at once."""
        if not self._is_wanted:
            return
        self.counters.lost_batches += len(self._waiting) == MOST_BATCHES  # then the oldest one goes
        self._waiting.append(batch)
        self._bell.set()

    def publish(self, event: LiveEvent, *, is_foreign: bool = False) -> None:
        """Take one event that is complete already. Returns at once.

        Args:
            event: what happened.
            is_foreign: whether another server told it: then it is told to clients, but not to listeners, who have it.
        """
        if self._is_wanted:
            self._waiting.append((event, is_foreign))
            self._bell.set()

    def miss(self) -> None:
        """Take that something may have happened that was not told here: clients begin anew. Returns at once."""
        if not self._is_wanted:
            return
        with self._numbering:
            self._forget()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._plan_missing)

    @property
    def has_clients(self) -> bool:
        """Whether any client has a subscription."""
        return bool(self._channels)

    # Those who listen

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Be told everything, with all starts and ends; gives what ends it."""
        self._listeners = (*self._listeners, listener)
        self._want()

        def leave() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not listener)
            self._leave()

        return leave

    def subscribe(self, name: str, client: Client, watch: Watch) -> Subscription:
        """Tell a client what it wants to hear of, from now on."""
        self._loop = asyncio.get_running_loop()
        channel = self._channels.get(watch)
        if channel is None:
            channel = self._channels[watch] = Channel(watch, self.epoch, self._drop)
        subscription = channel.join(name, client, self._number)
        self._want()  # behind the entry into `_channels`: `_relax` looks there last
        self.welcome()
        return subscription

    def resume(self, subscription: Subscription, seq: str) -> bool:
        """Let a subscription have what happened after `seq`, a place that it was told; whether that is still known."""
        epoch, _, number = seq.partition(".")
        with self._numbering:
            is_known = epoch == self.epoch and number.isdecimal() and self._oldest <= int(number) <= self._number
            missed = [one for one in self._ring if one.number > int(number)] if is_known else []
        if is_known:
            self.counters.resumed += 1
            subscription.waiting.add(filter(subscription.channel.watch.has, missed))
        else:
            self.counters.resets += 1
        return is_known

    @property
    def seq(self) -> str:
        """The place of what has happened last."""
        return f"{self.epoch}.{self._number}"

    def attend(self, connection: Connection) -> Callable[[], None]:
        """Tell a connection when something was missed and when the server ends; gives what ends that."""
        self._connections[connection] = None
        return lambda: self._connections.pop(connection, None)

    def close(self) -> None:
        """Tell nobody any more."""
        self._is_closed = True
        self._is_wanted = False
        self._bell.set()
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._close_clients)

    def _close_clients(self) -> None:
        for connection in list(self._connections):
            connection.close()

    def _plan_missing(self) -> None:
        if self._missing is None:
            self._missing = asyncio.get_running_loop().call_later(MISSED_JOIN_S, self._tell_missing)

    def _tell_missing(self) -> None:
        self._missing = None
        for connection in list(self._connections):
            connection.miss()

    def _want(self) -> None:
        self._is_wanted = not self._is_closed
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="longpole-live", daemon=True)
            self._thread.start()

    def _drop(self, channel: Channel) -> None:
        self.counters.frames += channel.frames
        if self._channels.get(channel.watch) is channel:
            del self._channels[channel.watch]
        self._leave()

    def _leave(self) -> None:
        self._wanted_until_s = time.monotonic() + self._linger_s
        self._bell.set()

    # The hub's thread

    def _run(self) -> None:
        while not self._is_closed:
            self._bell.wait(self._linger_s if self._is_wanted else None)
            self._bell.clear()
            try:
                self._look()
            except Exception:  # never the end of the thread: what runs is told again at the next change
                _log.exception("what has happened could not be told")
            if not (self._channels or self._listeners) and time.monotonic() >= self._wanted_until_s:
                self._relax()

    def _look(self) -> None:
        found, own = list[Happening](), list[Happening]()
        while self._waiting:
            item = self._waiting.popleft()
            news = self._news.take(item) if isinstance(item, Batch) else [happening_of(item[0])]
            found.extend(news)
            if isinstance(item, Batch) or not item[1]:
                own.extend(news)
        if not found:
            return
        with self._numbering:
            for happening in found:
                self._number += 1
                happening.number = self._number
            self._ring.extend(found)
            self._oldest = max(self._oldest, self._ring[0].number - 1)
        self.counters.events += len(found)
        for listener in self._listeners if own else ():
            listener(own)
        if self._channels and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._spread, found)

    def _spread(self, found: list[Happening]) -> None:
        is_spreading = bool(self._unspread)
        self._unspread.extend(found)
        if not is_spreading:
            self._spread_some()

    def _spread_some(self) -> None:
        some = [self._unspread.popleft() for _ in range(min(MOST_SPREAD, len(self._unspread)))]
        if self._unspread:  # first, so that a channel that fails does not end it
            asyncio.get_running_loop().call_soon(self._spread_some)
        for channel in self._channels_for(some):
            channel.tell(some)

    def _channels_for(self, found: list[Happening]) -> Iterator[Channel]:
        """Those that may want some of it: of the channels about one execution only those it concerns."""
        touched: set[str | None] | None = None
        for channel in list(self._channels.values()):
            execution = channel.watch.execution
            if execution is not None and touched is None:
                touched = {one.place.root_execution_id for one in found} | {one.place.execution_id for one in found}
            if execution is None or touched is None or execution in touched:
                yield channel

    def _relax(self) -> None:
        """Forget what was told: what happens from now on is not looked at."""
        with self._numbering:
            self._is_wanted = False
            self._forget()
        self._waiting.clear()
        self._news = News()
        if self._channels or self._listeners:  # somebody came in this very moment
            self._is_wanted = not self._is_closed

    def _forget(self) -> None:
        """Let no client resume at a place that was told before."""
        self._number += 1
        self._oldest = self._number
        self._ring.clear()
