"""A finding of an audit as the store keeps it, with what has become of it since."""

from enum import StrEnum

from msgspec import Struct


class AuditState(StrEnum):
    """What is to be done about a finding: something; nothing, as somebody said; or nothing, as it is gone."""

    OPEN = "open"
    ACCEPTED = "accepted"
    FIXED = "fixed"


class AuditRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `audit_findings`: a place of a program, as its latest audit told it.

    `program` is what was audited: fingerprints of two programs that share a file are the same. `reasons` is a JSON list
    as text. `last_seen_ns` is the latest audit that had it, `gone_ns` the first one after that which had it no more.
    """

    workspace: str
    program: str
    fingerprint: str
    rule: str
    title: str
    message: str
    advice: str
    confidence: str
    reasons: str
    code_file: str
    code_line: int
    code_end_line: int
    code_column: int
    code_function: str
    state: str
    state_by: str | None = None
    state_reason: str | None = None
    first_seen_ns: int
    last_seen_ns: int
    gone_ns: int | None = None
    changed_ns: int
