"""What ruff sees of the same faults: run beside our own rules, put into our codes, and filtered by what they know.

Of two findings of one rule on one line ours stays, because it says more. What a rule of ours looked at and found
harmless stays silent.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from longpole.audit.facts import FunctionFacts
from longpole.audit.rule import fingerprint
from longpole.audit.rules import RULES
from longpole.audit.selection import Selection
from longpole.audit.source import is_test_path
from longpole.audit.suppress import Suppressions
from longpole.model.audit_finding import AuditFinding
from longpole.model.finding import Confidence

NOT_INSTALLED = "ruff is not installed, so only Longpole's own rules ran. To add ruff's: pip install 'longpole[audit]'"

_LOW = {"ASYNC220", "ASYNC230", "ASYNC240", "G004"}
"""Starting a process takes a millisecond, a file on the disk microseconds, an f-string in a log call less than one."""


class _Place(Struct, frozen=True):
    row: int
    column: int


class _RuffFinding(Struct, frozen=True):
    code: str | None
    filename: str
    message: str
    location: _Place
    end_location: _Place


class AuditedFile(Struct, frozen=True):
    """What our own rules know of a file: which look at it, its functions, and the lines they found harmless."""

    codes: tuple[str, ...]
    functions: tuple[FunctionFacts, ...]
    vetoes: frozenset[tuple[str, int]]


_DECODER = msgspec.json.Decoder(list[_RuffFinding])


def start_ruff(files: Collection[Path], chosen: Selection) -> "RuffRun":
    """Start ruff on these files; it runs while our own rules do."""
    codes = [code for rule in chosen.codes() for code in RULES[rule].ruff]
    command = _ruff_command()
    if command is None:
        return RuffRun(None, None, NOT_INSTALLED)
    if not codes:
        return RuffRun(None, None, None)
    # Both live until `findings` has read the answer.
    answer = tempfile.TemporaryFile()  # noqa: SIM115
    named = tempfile.NamedTemporaryFile("w", suffix=".txt")  # noqa: SIM115
    named.write("\n".join(str(file) for file in files))
    named.flush()
    arguments = [
        "check",
        "--isolated",
        "--no-cache",
        "--exit-zero",
        "--output-format",
        "json",
        "--select",
        ",".join(codes),
    ]
    running = subprocess.Popen([*command, *arguments, f"@{named.name}"], stdout=answer, stderr=subprocess.DEVNULL)
    return RuffRun(running, answer, None, named)


def _ruff_command() -> list[str] | None:
    if importlib.util.find_spec("ruff") is not None:
        return [sys.executable, "-m", "ruff"]
    found = shutil.which("ruff")
    return [found] if found else None


class RuffRun:
    """A run of ruff; `trouble` says why there is none."""

    def __init__(
        self,
        running: "subprocess.Popen[bytes] | None",
        answer: IO[bytes] | None,
        trouble: str | None,
        named: IO[str] | None = None,
    ) -> None:
        self._running = running
        self._answer = answer
        self._named = named
        self.trouble = trouble

    def findings(
        self,
        paths: Mapping[str, str],
        own: Collection[AuditFinding],
        audited: "Mapping[str, AuditedFile]",
    ) -> list[AuditFinding]:
        """What ruff adds to our own findings; `paths` are the audited files with their names in findings."""
        known = {(one.path, one.rule, line) for one in own for line in range(one.line, one.end_line + 1)}
        known |= {(path, *veto) for path, file in audited.items() for veto in file.vetoes}
        rules = {code: rule for rule in RULES.values() for code in rule.ruff}
        added: list[AuditFinding] = []
        alike: dict[str, int] = {}
        texts: dict[str, tuple[list[str], Suppressions]] = {}
        for one in self._read():
            path, rule = paths.get(one.filename), rules.get(one.code or "")
            if path is None or rule is None or path not in audited or rule.code not in audited[path].codes:
                continue
            if (path, rule.code, one.location.row) in known:
                continue
            if path not in texts:
                read = Path(one.filename).read_text(encoding="utf-8-sig")
                texts[path] = (read.splitlines(), Suppressions(read))
            lines, told = texts[path]
            text = " ".join(lines[one.location.row - 1].split())
            function = _function_around(audited[path].functions, one.location.row)
            key = fingerprint(rule.code, path, function, text, alike)
            finding = _finding(one, path, rule.code, function, key)
            if not told.silences(finding, rule):
                added.append(finding)
        return added

    def _read(self) -> list[_RuffFinding]:
        if self._running is None or self._answer is None:
            return []
        self._running.wait()
        self._answer.seek(0)
        body = self._answer.read()
        self._answer.close()
        if self._named is not None:
            self._named.close()
        try:
            return _DECODER.decode(body)
        except msgspec.DecodeError as error:
            self.trouble = f"ruff's answer could not be read ({error}), so only Longpole's own rules count."
            return []


def _function_around(functions: Iterable[FunctionFacts], line: int) -> str:
    inner = [one for one in functions if one.line <= line <= one.end_line]
    return inner[-1].qualified if inner else "<module>"


def _finding(one: _RuffFinding, path: str, code: str, function: str, key: str) -> AuditFinding:
    rule = RULES[code]
    is_guess = one.code in _LOW or is_test_path(path)
    return AuditFinding(
        rule=code,
        title=rule.title,
        message=one.message,
        advice=rule.advice,
        confidence=Confidence.LOW if is_guess else Confidence.MEDIUM,
        path=path,
        line=one.location.row,
        end_line=one.end_location.row,
        column=one.location.column,
        function=function,
        fingerprint=key,
        reasons=(f"ruff reports {one.code}",),
    )
