"""Between several servers: what one of them sees is told to those who listen at another, by Redis or Valkey.

Servers say every few seconds whether somebody listens at them; only then the others send what happens. Redis may vanish
and return at any time: then those who listen hear of their own server only. Nothing else depends on it. Whenever
something may not have been heard, clients begin anew. That Redis works is known from hearing one's own words.
"""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import msgspec
import redis
from msgspec import Struct
from redis.backoff import NoBackoff
from redis.retry import Retry

from longpole.ingest.outage import Outage, Trouble
from longpole.reports.live_views import LiveEvent
from longpole.server.live_events import Happening
from longpole.server.live_hub import Hub

CHANNEL = "longpole:live"
SAY_EVERY_S = 2.0
LOOK_EVERY_S = 0.25
WANTED_S = 10.0
"""So long a server sends after another one has last said that somebody listens there."""

DEAF_S = 3 * SAY_EVERY_S
"""Who has not heard its own words for so long hears nobody: Redis hangs, or forgot who listens."""

RETRY_S = 1.0
TIMEOUT_S = 5.0
MOST_WAITING = 20_000
MOST_AT_ONCE = 500

_log = logging.getLogger("longpole.live")


class _Letter(Struct, omit_defaults=True):
    """What servers send each other: who sends, whether somebody listens there, what has happened there.

    `is_behind_gap` if before that something may have happened which was not sent.
    """

    server: str
    has_listeners: bool = False
    is_behind_gap: bool = False
    events: list[LiveEvent] = []


class Relay:
    """Carries events between the hub of this server and those of others.

    Args:
        url: the address of the Redis, `redis://host:port/0`.
        hub: the hub of this server.
        has_listeners: whether somebody listens at this server.
    """

    def __init__(self, url: str, hub: Hub, has_listeners: Callable[[], bool]) -> None:
        self.lost = 0
        self._server = secrets.token_hex(6)
        self._hub = hub
        self._has_listeners = has_listeners
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),  # what fails is told at once, and tried again here
        )
        self._outage = Outage("Redis does not answer; what happens at other servers is not told live", _log)
        self._waiting: deque[Happening] = deque()
        self._has_gap = False
        self._next_s = 0.0
        self._wanted_until_s = 0.0
        self._leave: Callable[[], None] | None = None
        self._bell = threading.Event()
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeated, args=(work,), name=name, daemon=True)
            for work, name in ((self._send, "longpole-redis-send"), (self._receive, "longpole-redis-receive"))
        ]

    def start(self) -> None:
        """Begin to send and to receive."""
        self._hub.welcome = self._bell.set
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Send and receive no more."""
        self._closing.set()
        self._bell.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(1.0)
        self._client.close()

    @property
    def trouble(self) -> Trouble | None:
        """Why Redis cannot be used, and since when; nothing if it can."""
        return self._outage.trouble

    def _repeated(self, work: Callable[[], None]) -> None:
        while not self._closing.is_set():
            try:
                work()
            except Exception as error:  # whatever it is, liveness between servers is all that suffers
                if not self._closing.is_set():
                    self._outage.failed(error)
                self._closing.wait(RETRY_S)

    def _send(self) -> None:
        """Say whether somebody listens here, and send what has happened while somebody listens elsewhere."""
        self._next_s, said = 0.0, False
        while not self._closing.is_set():
            has_listeners = self._has_listeners()
            if time.monotonic() >= self._next_s or has_listeners != said:
                self._next_s, said = time.monotonic() + SAY_EVERY_S, has_listeners
                self._publish(has_listeners=has_listeners)
            self._listen_if_wanted()
            while self._waiting or (self._has_gap and self._leave is not None):
                some = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
                self._publish([one.event() for one in some], has_listeners=has_listeners)
            self._bell.wait(LOOK_EVERY_S)
            self._bell.clear()

    def _publish(self, events: Sequence[LiveEvent] = (), *, has_listeners: bool) -> None:
        had_gap, self._has_gap = self._has_gap, False
        letter = _Letter(server=self._server, has_listeners=has_listeners, is_behind_gap=had_gap, events=[*events])
        try:
            self._client.publish(CHANNEL, msgspec.msgpack.encode(letter))
        except Exception:
            self._has_gap = True
            raise

    def _listen_if_wanted(self) -> None:
        is_wanted = time.monotonic() < self._wanted_until_s
        if is_wanted and self._leave is None:
            self._leave = self._hub.listen(self._hear)
            self._has_gap = True  # what has happened since somebody listens there
        elif not is_wanted and self._leave is not None:
            self._leave()
            self._leave = None

    def _hear(self, happenings: Sequence[Happening]) -> None:
        over = len(self._waiting) + len(happenings) - MOST_WAITING
        for _ in range(over):
            if self._waiting:
                self._waiting.popleft()
            self.lost += 1
            self._has_gap = True
        self._waiting.extend(happenings)
        self._bell.set()

    def _receive(self) -> None:
        with self._client.pubsub() as subscription:
            subscription.subscribe(CHANNEL)
            heard_s = time.monotonic()
            while not self._closing.is_set():
                message = subscription.get_message(timeout=LOOK_EVERY_S)
                if message is None:
                    pass
                elif message["type"] == "subscribe":  # redis-py also comes here by itself, when it had to connect again
                    self._hub.miss()
                    self._next_s = 0.0  # speak now, to be heard
                    self._bell.set()
                elif isinstance(message["data"], bytes) and self._take(message["data"]):
                    heard_s = time.monotonic()
                    self._outage.worked()
                if time.monotonic() - heard_s > DEAF_S:
                    raise TimeoutError(f"what this server said was not heard for {DEAF_S:.0f} s")

    def _take(self, data: bytes) -> bool:
        """Follow a letter; whether it is one of our own, in which nothing is to be followed."""
        letter = msgspec.msgpack.decode(data, type=_Letter)
        if letter.server == self._server:
            return True
        if letter.has_listeners:
            self._wanted_until_s = time.monotonic() + WANTED_S
            self._bell.set()
        if letter.is_behind_gap:
            self._hub.miss()
        for event in letter.events:
            self._hub.publish(event, is_foreign=True)
        return False
