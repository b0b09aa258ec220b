"""What the server notes of its own work: how far it has stored, what it could not take, who does the jobs."""

from enum import StrEnum

from msgspec import Struct


class LetterKind(StrEnum):
    """What a dead letter holds."""

    BODY = "body"
    ROWS = "rows"


class DeadLetter(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `dead_letters`: a request body that could not be read, or rows that could not be written.

    `content` is base64: the body as it was sent, or a `Batch` as JSON. `signal` and `body_format` are those of a body.
    """

    letter_id: str
    server: str
    workspace: str | None = None
    kind: str
    signal: str | None = None
    body_format: str | None = None
    reason: str
    traceback: str | None = None
    content: str
    size_bytes: int
    received_ns: int
    buried_ns: int
    attempts: int


class LedgerEntry(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `ingest_ledger`: everything before this place of a server's spool is stored."""

    server: str
    segment: int
    offset: int
    stored_ns: int


class Lease(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `leases`: who does a job, until when. Another may take it once it has run out."""

    name: str
    holder: str
    asked_ns: int
    until_ns: int
