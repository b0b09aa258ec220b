"""How the server itself is: what it took, what is missing, how long its own work takes."""

from msgspec import Struct

from longpole.reports.store_views import JobsState


class TroubleItem(Struct, kw_only=True):
    """What fails now: since when, how often since, and the last reason."""

    since: str
    failures: int
    reason: str


class HealthWord(Struct, kw_only=True):
    """A sentence on the server: `level` is "bad" (data may be lost or not be seen), "warn" (look at it) or "good"."""

    level: str
    text: str


class TimeSummary(Struct, kw_only=True):
    """How long something took since the server started, from a histogram; null without any."""

    number: int
    p50_ns: int | None
    p95_ns: int | None
    p99_ns: int | None


class ProgramHealth(Struct, kw_only=True):
    """A process that sends, since the server started.

    `missing` were sent and have not arrived, by their numbers: null of a program that does not number them. `dropped`
    is what the program says that it could not keep, null if it says nothing. `rejected` were not taken, by rule.
    """

    workspace: str
    process: str | None
    service: str | None
    sdk: str | None
    spans: int
    logs: int
    rejected: dict[str, int]
    missing: int | None
    dropped: int | None
    heard_at: str


class SenderHealth(Struct, kw_only=True):
    """A client of the OTLP door, as HTTP shows it: its requests, and those that were refused, by status."""

    name: str
    address: str
    requests: int
    refused: dict[str, int]
    heard_at: str
    refused_at: str | None


class NoiseItem(Struct, kw_only=True):
    """What a rule against noise has taken away: steps it dropped, and steps that another one now stands for."""

    rule: str
    dropped: int
    folded: int


class HealthPoint(Struct, kw_only=True):
    """Ten seconds of the server. What was accepted and refused is of these seconds, as is the longest of each time.

    `unread_bytes` and `missing` are those at the end. `loop_blocked_ns` is the longest delay that the event loop's own
    work made. A time is null if nothing of its kind happened.
    """

    at: str
    accepted: int
    refused: int
    missing: int
    unread_bytes: int
    commit_ns: int | None
    loop_lag_ns: int | None
    loop_blocked_ns: int | None


class ServerParts(Struct, kw_only=True):
    """The parts of the server that belong to no workspace. `live_trouble` says why other servers are not heard."""

    version: str
    started_at: str
    accepted: dict[str, int]
    rejected: dict[str, int]
    refused: dict[str, int]
    duplicates: int
    noise: list[NoiseItem]
    open_spans: int
    spool_bytes: int
    unread_bytes: int
    backlog_limit_bytes: int
    dead_letters: int | None
    rows_written: int
    commits: TimeSummary
    questions: TimeSummary
    thread_waits: TimeSummary
    loop_lag: TimeSummary
    memory_bytes: int | None
    threads: int
    jobs: JobsState | None
    store_trouble: TroubleItem | None
    spool_trouble: TroubleItem | None
    live_trouble: TroubleItem | None
    senders: list[SenderHealth]
    point_s: int
    points: list[HealthPoint]


class ServerHealth(Struct, kw_only=True):
    """How the server is: in words first, the worst on top.

    `programs` are those of the asker's workspace; `server` is null for who may see only one workspace.
    """

    words: list[HealthWord]
    programs: list[ProgramHealth]
    server: ServerParts | None
