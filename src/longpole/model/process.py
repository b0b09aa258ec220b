"""A program that sent something: what it says about itself with each sign of life."""

from msgspec import Struct


class ProcessSeen(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `processes`: a process with Longpole's SDK in it, by its last sign of life.

    Times are nanoseconds since 1970 by the process's own clock. `recorded` and `dropped` count steps since its start,
    `open_count` those that had started and not ended. `background_ns` is CPU of Longpole's threads in it, `caller_ns`
    an estimate of what recording took from the program's own, `sent_bytes` what went to the server. `ended_ns` is when
    it said goodbye, `None` if it has not. `None` elsewhere means that it did not tell.
    """

    workspace: str
    process: str
    service: str | None = None
    version: str | None = None
    environment: str | None = None
    started_ns: int | None = None
    last_heard_ns: int
    ended_ns: int | None = None
    recorded: int | None = None
    dropped: int | None = None
    open_count: int | None = None
    background_ns: int | None = None
    caller_ns: int | None = None
    sent_bytes: int | None = None
    row_version: int = 1
