"""What the server notes of its own work: how far it has stored, what it could not take, who does the jobs."""

from enum import StrEnum

from msgspec import Struct


class LetterKind(StrEnum):
    """What a dead letter holds: a body, rows, spans that no rows could be made of, or damaged bytes of the spool."""

    BODY = "body"
    ROWS = "rows"
    SPANS = "spans"
    DAMAGE = "damage"


class DeadLetter(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `dead_letters`: something that came in and could not be read or written.

    `content` is base64: the body as it was sent, a `Batch` or spans as JSON, or bytes of the spool. `signal` and
    `body_format` are those of a body. `size_bytes` counts the content as it was. The id is made of the content: what is
    buried again takes the place of its letter, with one attempt more.
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
