"""What the audit found in the code of a program, before anybody knows what it costs."""

from msgspec import Struct

from longpole.model.finding import Confidence


class AuditFinding(Struct, frozen=True, kw_only=True):
    """One place in the code at which a rule fired.

    `path` is relative to the audited root, with `/`; lines count from 1. `function` is the qualified name of the
    innermost function around the place (`Class.method`, `outer.<locals>.inner`), `<module>` outside any.
    `fingerprint` stays the same while the line moves: a digest of rule, path, function and the text of the statement,
    with a number for the second alike. `reasons` say why the rule believes it, one short sentence each.
    """

    rule: str
    title: str
    message: str
    advice: str
    confidence: Confidence
    path: str
    line: int
    end_line: int
    column: int
    function: str
    fingerprint: str
    reasons: tuple[str, ...] = ()
