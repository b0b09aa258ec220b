"""An audit's result for programs: JSON, SARIF 2.1.0, and annotations of GitHub's checks."""

from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import structs

from longpole.audit.rules import RULES
from longpole.audit.scan import AuditResult
from longpole.model.audit_finding import AuditFinding
from longpole.model.finding import Confidence

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    Confidence.CERTAIN: "warning",
    Confidence.HIGH: "warning",
    Confidence.MEDIUM: "note",
    Confidence.LOW: "note",
}
_RANKS = {Confidence.CERTAIN: 95.0, Confidence.HIGH: 80.0, Confidence.MEDIUM: 55.0, Confidence.LOW: 25.0}
_GITHUB = {"warning": "warning", "note": "notice"}
_PAGE = "docs/reference/rules.md"


def as_json(result: AuditResult) -> str:
    """The whole result as one JSON object."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2).decode()


def as_sarif(result: AuditResult) -> str:
    """A SARIF log with one run; what could not be read is a notification of the tool."""
    rules = sorted({one.rule for one in result.findings})
    places = {code: number for number, code in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "longpole",
                "version": version("longpole"),
                "rules": [_sarif_rule(code) for code in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"uri": Path(result.root).as_uri() + "/"}},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "message": {"text": f"skipped: {one.reason}"},
                        "locations": [{"physicalLocation": {"artifactLocation": _artifact(one.path)}}],
                    }
                    for one in result.skipped
                ],
            }
        ],
        "results": [_sarif_result(one, places[one.rule]) for one in result.findings],
    }
    log = {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode()


def _sarif_rule(code: str) -> dict[str, object]:
    rule = RULES[code]
    return {
        "id": code,
        "name": "".join(part.capitalize() for part in rule.slug.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.advice},
        "help": {"text": rule.manual, "markdown": rule.manual},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["performance"]},
    }


def _sarif_result(finding: AuditFinding, rule_index: int) -> dict[str, object]:
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.confidence],
        "rank": _RANKS[finding.confidence],
        "message": {"text": f"{finding.message}. {finding.advice}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(finding.path),
                    "region": {
                        "startLine": finding.line,
                        "startColumn": finding.column,
                        "endLine": finding.end_line,
                    },
                },
                "logicalLocations": [{"fullyQualifiedName": finding.function, "kind": "function"}],
            }
        ],
        "partialFingerprints": {"longpole/v1": finding.fingerprint},
        "properties": {"confidence": finding.confidence, "reasons": list(finding.reasons)},
    }


def _artifact(path: str) -> dict[str, str]:
    return {"uri": path.replace("%", "%25").replace(" ", "%20"), "uriBaseId": "ROOT"}


def as_github(result: AuditResult, base: Path) -> str:
    """One workflow command a line, which GitHub shows beside the code; paths are relative to `base` where possible."""
    lines = [_annotation(one, result, base) for one in result.findings]
    lines += [f"::warning file={_escape_property(one.path)}::skipped: {_escape(one.reason)}" for one in result.skipped]
    return "\n".join(lines)


def _annotation(finding: AuditFinding, result: AuditResult, base: Path) -> str:
    file = Path(result.root) / finding.path
    path = file.relative_to(base).as_posix() if file.is_relative_to(base) else finding.path
    level = _GITHUB[_LEVELS[finding.confidence]]
    title = f"{finding.rule} {finding.title}"
    place = f"file={_escape_property(path)},line={finding.line},endLine={finding.end_line},col={finding.column}"
    return f"::{level} {place},title={_escape_property(title)}::{_escape(f'{finding.message}. {finding.advice}')}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")


def with_paths_from(result: AuditResult, base: Path) -> AuditResult:
    """The result with paths relative to another folder, such as the one the terminal stands in."""
    root = Path(result.root)
    if not root.is_relative_to(base) or root == base:
        return result
    prefix = root.relative_to(base).as_posix() + "/"
    return structs.replace(
        result,
        findings=tuple(structs.replace(one, path=prefix + one.path) for one in result.findings),
        skipped=tuple(structs.replace(one, path=prefix + one.path) for one in result.skipped),
    )
