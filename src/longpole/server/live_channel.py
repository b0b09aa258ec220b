"""Who is told what, and how often: subscriptions that ask for the same share a channel, which makes each frame once.

A channel keeps the newest state of each thing until its next frame: the first change goes at once, then at most thirty
frames a second. A client that has not taken its last frame yet misses this one: what it told is kept for it, newest
state wins, and its next frame says how many it missed. All of it runs on the event loop.
"""

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Protocol

from msgspec import Struct

from longpole.reports.live_views import Kind
from longpole.server.live_events import Happening, Key

FRAME_GAP_S = 1 / 30
MOST_IN_FRAME = 300
"""Things that one frame tells; 9,000 a second."""

TEXTS_AT_ONCE = 20
"""Of one frame so many are made before the event loop does something else: 1 to 5 ms where nobody has wanted them
before. All 300 at once took the loop 15 to 25 ms of its own, and 100 to 140 where four other threads computed."""

BYTES_AT_ONCE = 256 * 1024
"""Of one frame so much is given to clients before the event loop does something else. Of 2 MB, a frame of 150 kB for
ten, the loop had 14 ms to do, and took 80 where four other threads computed."""

MOST_WAITING = 5_000
"""Things whose newest state waits for one client or channel; beyond it the oldest are lost, and the client is told."""


class Watch(Struct, frozen=True, kw_only=True):
    """What somebody wants to hear of: nothing means all. `execution` is one of a tree; all of its tree is told.

    Who wants it brief is told how much has happened, and not what.
    """

    workspace: str | None = None
    agent: str | None = None
    execution: str | None = None
    kinds: frozenset[Kind] | None = None
    is_brief: bool = False

    def has(self, happening: Happening) -> bool:
        """Whether it is wanted."""
        place = happening.place
        return (
            (self.workspace is None or place.workspace == self.workspace)
            and (self.agent is None or place.agent == self.agent)
            and (self.execution is None or self.execution in (place.root_execution_id, place.execution_id))
            and (self.kinds is None or happening.kind in self.kinds)
        )


class Waiting:
    """The newest state of each thing that has changed and is not told yet, oldest change first."""

    def __init__(self) -> None:
        self._newest: dict[Key, Happening] = {}
        self.lost = 0

    def __len__(self) -> int:
        return len(self._newest)

    def add(self, happenings: Iterable[Happening]) -> None:
        """Take what is newer in place of what is older."""
        newest = self._newest
        for happening in happenings:
            newest.pop(happening.key, None)
            newest[happening.key] = happening
        # At once: a dict whose first keys are deleted one by one is searched from its old beginning each time.
        oldest = list(islice(newest, max(0, len(newest) - MOST_WAITING)))
        for key in oldest:
            del newest[key]
        self.lost += len(oldest)

    def take(self, most: int) -> list[Happening]:
        """The oldest changes, which wait no longer."""
        taken = list(islice(self._newest.values(), most))
        if len(taken) == len(self._newest):
            self._newest = {}
        else:
            for happening in taken:
                del self._newest[happening.key]
        return taken


class Client(Protocol):
    """A connection, as a channel sees it."""

    @property
    def is_busy(self) -> bool:
        """Whether something waits to be taken by the other side."""
        ...

    def send(self, text: str) -> None:
        """Send a message soon, without waiting."""
        ...


class Subscription:
    """One wish of one client. `name` is how the client calls it; it is told what has a higher number than `place`."""

    def __init__(self, name: str, client: Client, channel: "Channel", place: int) -> None:
        self.name = name
        self.client = client
        self.channel = channel
        self._place = place
        self.waiting = Waiting()
        self.is_held = False
        """Whether it hears nothing yet: it is being told of what runs first."""
        self.missed_frames = 0
        self._lost_told = 0

    def offer(self, happenings: list[Happening], told: str, lost: int) -> None:
        """Give a frame of the channel to the client, or keep what it tells until the client has time."""
        self.waiting.lost += lost
        if happenings[0].number <= self._place:  # the channel had it before this one came; they are in order
            happenings = [one for one in happenings if one.number > self._place]
            if not happenings:
                return
            told = self.channel.told_text(happenings)
        if self.is_held or self.client.is_busy or len(self.waiting):
            self.waiting.add(happenings)
            if self.client.is_busy:
                self.missed_frames += 1
            else:
                self.catch_up()
        else:
            self.client.send(self._frame(told))

    def catch_up(self) -> bool:
        """Send what waits, if there is anything; whether there was."""
        if self.is_held or not len(self.waiting):
            return False
        self.client.send(self._frame(self.channel.told_text(self.waiting.take(TEXTS_AT_ONCE))))
        return True

    def leave(self) -> None:
        """Hear nothing any more."""
        self.channel.leave(self)

    def _frame(self, told: str) -> str:
        missed, lost = self.missed_frames, self.waiting.lost - self._lost_told
        self.missed_frames, self._lost_told = 0, self.waiting.lost
        more = (f',"missed_frames":{missed}' if missed else "") + (f',"lost":{lost}' if lost else "")
        return f'{{"type":"events","subscription":"{self.name}"{more},{told}}}'


class Channel:
    """Subscriptions with the same wish. `closed` is called when the last one has left."""

    def __init__(self, watch: Watch, epoch: str, closed: Callable[["Channel"], None]) -> None:
        self.watch = watch
        self.epoch = epoch
        self.frames = 0
        self._closed = closed
        self._waiting = Waiting()
        self._subscriptions: dict[Subscription, None] = {}
        self._untold: list[Subscription] = []
        self._loop = asyncio.get_running_loop()
        self._next_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._subscriptions)

    def join(self, name: str, client: Client, place: int) -> Subscription:
        """A new subscription of a client, to what happens after `place`."""
        subscription = Subscription(name, client, self, place)
        self._subscriptions[subscription] = None
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Let go of a subscription."""
        self._subscriptions.pop(subscription, None)
        if not self._subscriptions:
            if self._timer is not None:
                self._timer.cancel()
            self._closed(self)

    def told_text(self, happenings: list[Happening]) -> str:
        """The part of a frame that is the same for all: the place to resume at, and the events."""
        seq = f'"seq":"{self.epoch}.{happenings[-1].number}"'
        if self.watch.is_brief:
            return f'{seq},"changes":{len(happenings)}'
        return f'{seq},"events":[{",".join([happening.text() for happening in happenings])}]'

    def tell(self, happenings: Iterable[Happening]) -> None:
        """Take what has happened, wanted or not."""
        before = len(self._waiting)
        self._waiting.add(filter(self.watch.has, happenings))
        if len(self._waiting) and (not before or self._timer is None):
            self._plan()

    def _plan(self) -> None:
        if self._timer is not None:
            return
        wait_s = self._next_s - self._loop.time()
        if wait_s <= 0:
            self._flush()
        else:
            self._timer = self._loop.call_later(wait_s, self._flush)

    def _flush(self) -> None:
        self._next_s = self._loop.time() + FRAME_GAP_S
        happenings, lost = self._waiting.take(MOST_IN_FRAME), self._waiting.lost
        self._waiting.lost = 0
        self._make(happenings, lost)

    def _make(self, happenings: list[Happening], lost: int, made: int = 0) -> None:
        """Make some of the texts of a frame, and the others in the loop's next rounds; then it is given to clients."""
        self._timer = None
        if not self.watch.is_brief:
            for happening in happenings[made : made + TEXTS_AT_ONCE]:
                happening.text()
            if (made := made + TEXTS_AT_ONCE) < len(happenings):
                self._timer = self._loop.call_later(0, self._make, happenings, lost, made)
                return
        self.frames += 1
        self._untold = list(reversed(self._subscriptions))
        self._spread(happenings, self.told_text(happenings), lost)

    def _spread(self, happenings: list[Happening], told: str, lost: int) -> None:
        """Give a frame to some of those who have not got it, and to the others in the loop's next rounds."""
        self._timer = None
        for _ in range(min(len(self._untold), 1 + BYTES_AT_ONCE // len(told))):
            subscription = self._untold.pop()
            if subscription in self._subscriptions:
                subscription.offer(happenings, told, lost)
        if self._untold:
            self._timer = self._loop.call_later(0, self._spread, happenings, told, lost)
        elif len(self._waiting):
            self._plan()
