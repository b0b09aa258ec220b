"""What the store holds, how the server's jobs stand, and what a deletion takes with it."""

from msgspec import Struct


class TableState(Struct, kw_only=True):
    """One table: its rows, its bytes as of the last checkpoint, and when its oldest row was received or begun."""

    table: str
    rows: int
    size_bytes: int
    oldest: str | None


class JobState(Struct, kw_only=True):
    """How a job stands on this server. `outcome` says what its last whole run did, `error` why the last one failed."""

    name: str
    every_s: float
    last_started: str | None = None
    last_duration_ns: int | None = None
    outcome: str | None = None
    error: str | None = None
    runs: int = 0
    failures: int = 0


class JobsState(Struct, kw_only=True):
    """Who does the jobs, and how they stand on the server that answers. `holder` is null while nobody does them."""

    holder: str | None
    is_here: bool
    jobs: list[JobState]


class SpoolState(Struct, kw_only=True):
    """The spool: bytes on disk, and those of them that wait to be read."""

    held_bytes: int
    pending_bytes: int


class ServerSetting(Struct, kw_only=True):
    """A number that the server was started with, by the name of the setting that changes it; 0 is no limit."""

    name: str
    value: int


class StoreState(Struct, kw_only=True):
    """What the store holds. Bytes that are free inside the database's files are used again by what comes.

    `limit_bytes` is 0 without a limit. `spool`, `jobs` and `settings` are null where no server answers.
    """

    tables: list[TableState]
    used_bytes: int
    free_bytes: int
    log_bytes: int
    limit_bytes: int
    spool: SpoolState | None = None
    jobs: JobsState | None = None
    settings: list[ServerSetting] | None = None


class Deletion(Struct, kw_only=True):
    """What a deletion takes with it; `is_done` tells whether it was made or only counted.

    `running` of the executions had not ended: what they send afterwards begins anew.
    """

    is_done: bool
    executions: int
    running: int
    steps: int
    events: int
    bodies: int
    scores: int
    dead_letters: int


class LoadedExample(Struct, kw_only=True):
    """The example was taken and is seen a moment later: everything in it has that environment."""

    environment: str
    bodies: int
