"""What a rule is, and how what it sees becomes a finding."""

import ast
import hashlib
import inspect
from collections.abc import Callable, Iterator

from msgspec import Struct

from longpole.audit.facts import Project
from longpole.audit.names import Names
from longpole.audit.source import Source
from longpole.model.audit_finding import AuditFinding
from longpole.model.finding import Confidence


class Hit(Struct, frozen=True, kw_only=True):
    """One place at which a rule fired.

    Without a confidence the place was looked at and found harmless: what another tool says of it is dropped too.
    `asks` are full names of functions on which the answer depends; such a hit counts after `Rule.settle` has seen them.
    `kind` tells apart what one rule finds (`sleep`, `http`, ...).
    """

    line: int
    end_line: int
    column: int
    message: str
    confidence: Confidence | None
    kind: str = ""
    advice: str | None = None
    reasons: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


def hit_at(
    node: ast.expr | ast.stmt,
    message: str,
    confidence: Confidence | None,
    *,
    kind: str = "",
    advice: str | None = None,
    reasons: tuple[str, ...] = (),
    asks: tuple[str, ...] = (),
) -> Hit:
    """A hit at the place of a node; columns count from 1."""
    return Hit(
        line=node.lineno,
        end_line=node.end_lineno or node.lineno,
        column=node.col_offset + 1,
        message=message,
        confidence=confidence,
        kind=kind,
        advice=advice,
        reasons=reasons,
        asks=asks,
    )


Check = Callable[[Names], Iterator[Hit]]
Settle = Callable[[AuditFinding, tuple[str, ...], Project], AuditFinding | None]


class Rule(Struct, frozen=True, kw_only=True):
    """One fault: its code, its name in words and in a form for files, and the page about it.

    `ruff` are the codes of ruff's rules that see the same; `mends` says whether `--fix` knows what to do.
    """

    code: str
    slug: str
    title: str
    advice: str
    page: str
    check: Check
    settle: Settle | None = None
    ruff: tuple[str, ...] = ()
    mends: bool = False

    @property
    def manual(self) -> str:
        """The page as Markdown, with the code and the name above it."""
        return f"# {self.code} {self.slug}\n\n{inspect.cleandoc(self.page)}\n"


class Pending(Struct, frozen=True):
    """A finding that depends on functions elsewhere."""

    finding: AuditFinding
    asks: tuple[str, ...]


class Found(Struct):
    """What the rules saw in one file; `vetoes` are lines that a rule looked at and found harmless."""

    findings: list[AuditFinding]
    pending: list[Pending]
    vetoes: list[tuple[str, int]]


def apply_rules(rules: list[Rule], names: Names) -> Found:
    """Run the rules over one file. Findings of one rule at one place count once."""
    found = Found([], [], [])
    alike: dict[str, int] = {}
    for rule in rules:
        seen: set[tuple[int, int]] = set()
        for hit in rule.check(names):
            if hit.confidence is None:
                found.vetoes.append((rule.code, hit.line))
            elif (hit.line, hit.column) not in seen:
                seen.add((hit.line, hit.column))
                finding = _finding(rule, hit, names.source, alike)
                if hit.asks:
                    found.pending.append(Pending(finding, hit.asks))
                else:
                    found.findings.append(finding)
    return found


def _finding(rule: Rule, hit: Hit, source: Source, alike: dict[str, int]) -> AuditFinding:
    function = function_at(source, hit.line)
    text = " ".join(" ".join(source.lines[hit.line - 1 : hit.end_line]).split())
    return AuditFinding(
        rule=rule.code,
        title=rule.title,
        message=hit.message,
        advice=hit.advice or rule.advice,
        confidence=_in_tests(source, hit, function),
        path=source.path,
        line=hit.line,
        end_line=hit.end_line,
        column=hit.column,
        function=function,
        fingerprint=fingerprint(rule.code, source.path, function, text, alike),
        reasons=hit.reasons,
    )


def _in_tests(source: Source, hit: Hit, function: str) -> Confidence:
    """Tests are not what users wait for: what is found there is a guess at best."""
    is_test = source.is_test or function.rpartition(".")[2].startswith("test_")
    return Confidence.LOW if is_test or hit.confidence is None else hit.confidence


def fingerprint(rule: str, path: str, function: str, text: str, alike: dict[str, int]) -> str:
    """16 hexadecimal digits that stay while the line moves; `alike` counts what is equal in everything else."""
    key = "\0".join((rule, path, function, text))
    number = alike[key] = alike.get(key, 0) + 1
    return hashlib.sha256(f"{key}\0{number}".encode()).hexdigest()[:16]


def function_at(source: Source, line: int) -> str:
    """The qualified name of the innermost function that has this line in its body."""
    around = [
        one for one in source.functions if one.body[0].lineno <= line <= (one.end_lineno or 0) or one.lineno == line
    ]
    return source.qualified_function(around[-1]) if around else "<module>"
