"""Whether a server answers, takes our key, tells the same time, and has lost nothing."""

from collections.abc import Iterator

from longpole.client.answers import Answers, default_address, door_to, found_server
from longpole.client.one_check import Check, Level, failure, fine
from longpole.client.over_http import HttpDoor
from longpole.model import clock
from longpole.model.errors import KeyRefused, LongpoleError
from longpole.reports.health_views import ServerHealth
from longpole.reports.key_views import Session
from longpole.reports.numbers import count_text, counted, duration_text
from longpole.reports.running import RUNNING
from longpole.settings import Settings

SKEW_NS = 500_000_000
"""Clocks that differ by more put what one process says beside the wrong thing of another."""

_LEVELS: dict[str, Level] = {"good": "ok", "warn": "warning", "bad": "failed"}


def server_checks(settings: Settings) -> Iterator[Check]:
    """The server that is asked and, if it is another, the one that the SDK sends to."""
    yield from _endpoint(settings)
    try:
        door = found_server(settings)
    except LongpoleError as error:
        yield failure("server", "server", error)
        return
    if door is None:
        yield Check(
            part="server",
            name="server",
            level="warning",
            text=f"None answers at {default_address(settings)}, and none serves the data folder. What is recorded "
            "waits in the spool.",
            cure="Start 'longpole serve', or name one by LONGPOLE_URL or --url.",
        )
        return
    try:
        door.health()
    except LongpoleError as error:
        yield failure("server", "server", error)
        return
    yield fine("server", "server", f"answers at {door.url}")
    try:
        yield _key(door)
        yield _clock(door)
        yield from _health(door.request("GET", "/api/health", [], ServerHealth))
        yield _lost(door)
    except KeyRefused as error:
        yield failure("server", "key", error)
    except LongpoleError as error:
        yield failure("server", "server", error)


def _endpoint(settings: Settings) -> Iterator[Check]:
    address = settings.endpoint
    if address is None or address == settings.url:
        return
    try:
        is_open = door_to(address, settings).is_open()
    except LongpoleError as error:
        yield failure("server", "endpoint", error)
        return
    if is_open:
        yield fine("server", "endpoint", f"the SDK sends to {address}, a Longpole server")
    else:
        yield Check(
            part="server",
            name="endpoint",
            level="warning",
            text=f"No Longpole server answers at {address}, to which the SDK sends.",
            cure="Start it, or correct LONGPOLE_ENDPOINT. A collector of another kind need not answer.",
        )


def _key(door: HttpDoor) -> Check:
    session = door.request("GET", "/api/session", [], Session)
    rights = ", ".join(session.rights)
    if session.key_id is None:
        return fine("server", "key", "none is needed here")
    of = "every workspace" if session.workspace is None else f"the workspace {session.workspace}"
    return fine("server", "key", f"{session.title or session.key_id} opens {rights} of {of}")


def _clock(door: HttpDoor) -> Check:
    """How far the server's clock is from ours; half of the time that the question took is not known."""
    before_ns = clock.now_ns()
    told_ns = clock.from_rfc3339(Answers(door).ask(RUNNING).at)
    after_ns = clock.now_ns()
    skew_ns = told_ns - (before_ns + after_ns) // 2
    if abs(skew_ns) <= SKEW_NS + (after_ns - before_ns) // 2:
        return fine("server", "clock", "the server's and this machine's agree")
    side = "ahead of" if skew_ns > 0 else "behind"
    return Check(
        part="server",
        name="clock",
        level="warning",
        text=f"The server's clock is {duration_text(abs(skew_ns))} {side} this machine's.",
        cure="Let both keep time by NTP. Durations are right all the same; times of day are not.",
    )


def _health(health: ServerHealth) -> Iterator[Check]:
    for word in health.words:
        level = _LEVELS[word.level]
        cure = None if level == "ok" else "Look at 'longpole health' and docs/how-to/health.md."
        yield Check(part="server", name="health", level=level, text=word.text, cure=cure)
    if health.server is not None:
        text = f"{health.server.version}, serving since {health.server.started_at[:16].replace('T', ' ')} UTC"
        yield fine("server", "version", text)
        letters = health.server.dead_letters
        if letters == 0:
            yield fine("server", "dead letters", "none")


def _lost(door: HttpDoor) -> Check:
    """What the SDKs of the processes that the server remembers say of themselves."""
    processes = Answers(door).processes().items
    dropped = {each.service or each.process: each.dropped for each in processes if each.dropped}
    if not dropped:
        words = f"nothing dropped, by {counted(len(processes), 'process', 'processes')} heard last"
        return fine("server", "dropped", words)
    named = ", ".join(f"{who} {count_text(count)}" for who, count in list(dropped.items())[:3])
    return Check(
        part="server",
        name="dropped",
        level="warning",
        text=f"{counted(sum(dropped.values()), 'step')} could not be kept by the SDK: {named}.",
        cure="Raise LONGPOLE_QUEUE_LIMIT_BYTES or LONGPOLE_SPOOL_LIMIT_BYTES there; see 'longpole processes'.",
    )
