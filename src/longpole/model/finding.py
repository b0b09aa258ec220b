"""Something worth telling: a place, evidence with numbers, a confidence, a saving, and what to do."""

from enum import StrEnum

from msgspec import Struct


class Confidence(StrEnum):
    """How sure a finding is, from evidence seen to a guess."""

    CERTAIN = "certain"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Finding(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `findings`. `evidence` is a JSON object as text; `saving_ns` lies on the critical path."""

    workspace: str
    finding_id: str
    execution_id: str | None = None
    rule: str
    title: str
    advice: str
    confidence: str
    evidence: str
    saving_ns: int | None = None
    saving_usd_nanos: int | None = None
    code_file: str | None = None
    code_line: int | None = None
    code_function: str | None = None
    raised_ns: int
