"""`# noqa` as ruff reads it: bare for all rules, with codes for some; `# longpole: noqa` for a whole file."""

import io
import re
import tokenize
from collections.abc import Container

from longpole.audit.rule import Found, Rule
from longpole.model.audit_finding import AuditFinding

_NOQA = re.compile(r"#\s*noqa(?P<codes>:[\s,]*[A-Z][A-Z0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?", re.IGNORECASE)
_FILE = re.compile(r"#\s*longpole:\s*noqa(?P<codes>:[\s,]*[A-Z][A-Z0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]+[0-9]+")


class Suppressions:
    """What the comments of one file silence. None stands for every rule."""

    def __init__(self, text: str) -> None:
        self.file: set[str] | None = set()
        self.lines: dict[int, set[str] | None] = {}
        if "noqa" not in text.lower():
            return
        for line, comment in _comments(text):
            whole, one = _FILE.search(comment), _NOQA.search(comment)
            if whole is not None:
                codes = _codes(whole["codes"])
                self.file = None if codes is None or self.file is None else self.file | codes
            elif one is not None:
                self.lines[line] = _codes(one["codes"])

    def silences(self, finding: AuditFinding, rule: Rule) -> bool:
        """Whether a comment on the first or the last line of a finding, or for the file, names its rule.

        The codes of ruff for the same thing count too: whoever wrote `# noqa: ASYNC251` has judged that line.
        """
        names = {rule.code, *rule.ruff}
        if self.file is None or self.file & names:
            return True
        for line in (finding.line, finding.end_line):
            codes = self.lines.get(line, set())
            if codes is None or codes & names:
                return True
        return False


def without_silenced(found: Found, text: str, rules: dict[str, Rule], selected: Container[str]) -> Found:
    """What is left of a file's findings: selected, and not silenced by a comment."""
    told = Suppressions(text)

    def stays(finding: AuditFinding) -> bool:
        return finding.rule in selected and not told.silences(finding, rules[finding.rule])

    return Found(
        [one for one in found.findings if stays(one)],
        [one for one in found.pending if stays(one.finding)],
        found.vetoes,
    )


def _comments(text: str) -> list[tuple[int, str]]:
    """Comments by line; text in a string that looks like one is none."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [(one.start[0], one.string) for one in tokens if one.type == tokenize.COMMENT]


def _codes(text: str | None) -> set[str] | None:
    return {code.upper() for code in _CODE.findall(text.upper())} if text else None
