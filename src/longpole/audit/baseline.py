"""A file of findings that are known, so that only new ones are told.

It is JSON with one line per finding, sorted, so that a change of it reads well. Findings are known by fingerprint,
which does not change while lines move.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from longpole.audit.scan import AuditResult
from longpole.model.audit_finding import AuditFinding
from longpole.model.errors import InvalidInput


class _Known(Struct, frozen=True):
    fingerprint: str
    rule: str
    path: str
    function: str


class _Baseline(Struct, frozen=True, kw_only=True):
    longpole_audit_baseline: int = 1
    findings: list[_Known]


def write_baseline(file: Path, findings: Sequence[AuditFinding]) -> None:
    """Write all these findings as known."""
    known = sorted((_Known(one.fingerprint, one.rule, one.path, one.function) for one in findings), key=_place)
    rows = ",\n".join("    " + msgspec.json.encode(one).decode() for one in known)
    file.write_text(f'{{\n  "longpole_audit_baseline": 1,\n  "findings": [\n{rows}\n  ]\n}}\n', encoding="utf-8")


def without_known(result: AuditResult, file: Path) -> tuple[AuditResult, int]:
    """The result without what the file knows, and how many entries of the file are found no more.

    Raises:
        InvalidInput: the file is not a baseline.
    """
    try:
        known = {one.fingerprint for one in msgspec.json.decode(file.read_bytes(), type=_Baseline).findings}
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidInput(
            f"{file} cannot be read as a baseline: {error}. Expected a file that `longpole audit PATH --write-baseline "
            f"FILE` wrote; write it anew."
        ) from error
    fresh = tuple(one for one in result.findings if one.fingerprint not in known)
    gone = known - {one.fingerprint for one in result.findings}
    return structs.replace(result, findings=fresh), len(gone)


def _place(known: _Known) -> tuple[str, str, str, str]:
    return known.path, known.rule, known.function, known.fingerprint
