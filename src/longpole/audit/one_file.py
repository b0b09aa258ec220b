"""One file, from its text to findings and facts: what a worker does, again and again."""

from pathlib import Path

from msgspec import Struct

from longpole.audit.facts import FileFacts, gather_facts
from longpole.audit.names import Names
from longpole.audit.rule import Found, apply_rules
from longpole.audit.rules import RULES
from longpole.audit.source import Source
from longpole.audit.suppress import without_silenced


class SkippedFile(Struct, frozen=True):
    """A file that could not be read or parsed, and why."""

    path: str
    reason: str


class Task(Struct, frozen=True):
    """A file to audit: where it is, its name in findings, the name others import it by, and the rules for it."""

    file: str
    path: str
    module: str
    codes: tuple[str, ...]


class FileResult(Struct, frozen=True):
    """What came of a task; no facts if the file was skipped."""

    path: str
    found: Found
    facts: FileFacts | None
    lines: int
    skipped: SkippedFile | None = None


def audit_file(task: Task) -> FileResult:
    """Read, parse and judge one file. A file that cannot be is skipped with its reason, never raised."""
    try:
        text = Path(task.file).read_text(encoding="utf-8-sig")
        source = Source(text, task.path, task.module)
        names = Names(source)
        found = apply_rules([rule for code, rule in RULES.items() if code in task.codes], names)
        facts = gather_facts(names)
    except (OSError, ValueError, SyntaxError, RecursionError) as error:
        return skipped(task, _reason(error))
    except Exception as error:
        # A fault of ours in one file must not lose the others.
        return skipped(task, f"the audit failed here, please report it: {type(error).__name__}: {error}")
    return FileResult(task.path, without_silenced(found, text, RULES, task.codes), facts, len(source.lines))


def skipped(task: Task, reason: str) -> FileResult:
    """The result of a task that could not be done."""
    return FileResult(task.path, Found([], [], []), None, 0, SkippedFile(task.path, reason))


def _reason(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    return str(error) or type(error).__name__
