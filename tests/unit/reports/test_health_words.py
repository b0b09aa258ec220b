"""What a server says of itself in words: the worst first, nothing without a reason."""

from msgspec.structs import replace

from longpole.reports.health_views import HealthPoint, ProgramHealth, ServerParts, TimeSummary, TroubleItem
from longpole.reports.health_words import health_words
from longpole.reports.store_views import JobsState, JobState

MS = 1_000_000
NOTHING = TimeSummary(number=0, p50_ns=None, p95_ns=None, p99_ns=None)
PROGRAM = ProgramHealth(
    workspace="default",
    process="p1",
    service="checkout",
    sdk="longpole",
    spans=10,
    logs=0,
    rejected={},
    missing=0,
    dropped=0,
    heard_at="2026-11-21T12:00:00Z",
)
SERVER = ServerParts(
    version="1",
    started_at="2026-11-21T12:00:00Z",
    accepted={"spans": 10},
    rejected={},
    refused={},
    duplicates=0,
    noise=[],
    open_spans=0,
    spool_bytes=0,
    unread_bytes=0,
    backlog_limit_bytes=1000,
    dead_letters=0,
    rows_written=10,
    commits=NOTHING,
    questions=NOTHING,
    thread_waits=NOTHING,
    loop_lag=NOTHING,
    memory_bytes=1,
    threads=1,
    jobs=None,
    store_trouble=None,
    spool_trouble=None,
    live_trouble=None,
    senders=[],
    point_s=10,
    points=[],
)


def said(programs: list[ProgramHealth], server: ServerParts | None) -> list[tuple[str, str]]:
    return [(word.level, word.text.replace("\u202f", " ")) for word in health_words(programs, server)]


def point(late_ms: int, blocked_ms: int) -> HealthPoint:
    return HealthPoint(
        at="2026-11-21T12:00:00Z",
        accepted=0,
        refused=0,
        missing=0,
        unread_bytes=0,
        commit_ns=None,
        loop_lag_ns=late_ms * MS,
        loop_blocked_ns=blocked_ms * MS,
    )


def test_all_is_well_where_nothing_is_wrong() -> None:
    told = said([PROGRAM], SERVER)
    assert told == [("good", "All is well: 10 spans and records taken, nothing is missing, nothing waits.")]
    assert said([PROGRAM], None) == [("good", "Nothing is missing of 1 program.")]
    assert said([], None) == [("good", "No program has sent yet.")]


def test_what_may_be_lost_comes_before_what_is_only_to_be_looked_at() -> None:
    trouble = TroubleItem(since="2026-11-21T12:00:00.123Z", failures=3, reason="disk full")
    server = replace(SERVER, refused={"429": 2}, store_trouble=trouble, dead_letters=1, unread_bytes=600)
    assert said([replace(PROGRAM, missing=1, dropped=2)], server) == [
        (
            "bad",
            "1 span or log record of checkout has not arrived although later ones did. They may wait in the program's "
            "spool, or be lost.",
        ),
        (
            "bad",
            "The store takes no writes or answers no questions since 2026-11-21 12:00:00 UTC: disk full. What comes "
            "waits in the spool.",
        ),
        ("warn", "checkout could not keep 2 steps, and says so."),
        ("warn", "600 B wait to be read. Above 1 kB senders are told to wait."),
        ("warn", "2 requests came while there was too much; senders try again."),
        ("warn", "1 dead letter waits for you: longpole deadletter list."),
    ]


def test_one_long_delay_of_the_loop_is_no_news_but_many_or_a_very_long_one_are() -> None:
    quiet = [point(1, 0)] * 20
    assert said([PROGRAM], replace(SERVER, points=[*quiet, point(200, 0)]))[0][0] == "good"
    ((level, text),) = said([PROGRAM], replace(SERVER, points=[*quiet, *[point(80, 2)] * 3]))
    assert (level, text.split(". ")[0]) == ("warn", "The event loop was up to 80 ms late in the last five minutes")
    assert "waited for the processor" in text
    ((_, text),) = said([PROGRAM], replace(SERVER, points=[*quiet, point(900, 700)]))
    assert "Its own work made up to 700 ms of that" in text


def test_other_servers_that_are_not_heard_are_told_without_alarm() -> None:
    trouble = TroubleItem(since="2026-11-21T12:00:00Z", failures=1, reason="Connection refused")
    ((level, text),) = said([PROGRAM], replace(SERVER, live_trouble=trouble))
    assert (level, "Connection refused. Nothing is lost." in text) == ("warn", True)


def test_a_job_that_fails_is_named() -> None:
    jobs = JobsState(holder="x", is_here=True, jobs=[JobState(name="rollups", every_s=300, error="boom")])
    assert said([PROGRAM], replace(SERVER, jobs=jobs)) == [("warn", "The job rollups failed: boom.")]
