"""Go through the files, run the rules in as many processes as there are processors, and join what files tell.

Every file is parsed once, in a worker, which gives back findings and facts and forgets the tree: memory is bound by the
largest file and the facts, not by the project. Rules that depend on other files are settled at the end.
"""

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from longpole.audit.facts import Project
from longpole.audit.one_file import FileResult, SkippedFile, Task, audit_file
from longpole.audit.ruff_findings import AuditedFile, RuffRun, start_ruff
from longpole.audit.rule import Pending
from longpole.audit.rules import RULES
from longpole.audit.selection import Selection, load_selection
from longpole.audit.workers import audit_in_processes
from longpole.model.audit_finding import AuditFinding
from longpole.model.errors import NotFound
from longpole.model.finding import Confidence

_FEW = 60
"""Files below which a second process costs more (0.1 s to start) than it saves."""
_ORDER = list(Confidence)


class AuditResult(Struct, frozen=True, kw_only=True):
    """What an audit found. Findings are sorted by path, line and rule; paths are relative to `root`.

    `ruff` says why ruff did not take part; None if it did, or was not asked to.
    """

    root: str
    findings: tuple[AuditFinding, ...]
    skipped: tuple[SkippedFile, ...]
    files: int
    lines: int
    ruff: str | None = None


def audit_paths(
    paths: Sequence[Path],
    *,
    selection: Selection | None = None,
    processes: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> AuditResult:
    """Audit files and folders.

    Args:
        paths: what to audit. Findings name files relative to the folder, or to the folder that several have in common.
        selection: rules and files; without it, what `pyproject.toml` says.
        processes: worker processes; without it one for each processor, one alone for a few files.
        on_progress: called with the number of files done and of all.

    Raises:
        NotFound: a path does not exist.
        SettingsError: `pyproject.toml` is wrong.
    """
    for path in paths:
        if not path.exists():
            raise NotFound(f"{path} does not exist. Expected a Python file or a folder to audit; check the path.")
    chosen = selection if selection is not None else load_selection(paths[0])
    root = common_root(paths)
    tasks = [task for file in find_files(paths, root, chosen) if (task := _task(file, root, chosen)).codes]
    ruff = start_ruff([Path(task.file) for task in tasks], chosen) if chosen.ruff and tasks else None
    results: list[FileResult] = []
    for result in _run(tasks, _processes(len(tasks), processes)):
        results.append(result)
        if on_progress is not None:
            on_progress(len(results), len(tasks))
    return _join(root, tasks, results, ruff, chosen)


def common_root(paths: Sequence[Path]) -> Path:
    """The folder that paths in findings are relative to: the one given, or the deepest that holds all."""
    folders = [path.resolve() if path.is_dir() else path.resolve().parent for path in paths]
    return Path(os.path.commonpath(folders))


def find_files(paths: Sequence[Path], root: Path, chosen: Selection) -> list[Path]:
    """The Python files to audit, sorted. Files that git ignores are left out; a file given by name is always taken."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_file():
            found[path.resolve()] = None
        else:
            for file in sorted(_below(path.resolve(), root, chosen)):
                found[file] = None
    return list(found)


def _below(folder: Path, root: Path, chosen: Selection) -> Iterator[Path]:
    ignored = _ignored_by_git(folder)
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = [
            name
            for name in folders
            if str(here / name) not in ignored and not chosen.excludes(_relative(here / name, root))
        ]
        for name in files:
            file = here / name
            if name.endswith(".py") and str(file) not in ignored and not chosen.excludes(_relative(file, root)):
                yield file


def _ignored_by_git(folder: Path) -> set[str]:
    command = ["git", "-C", str(folder), "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return set()
    names = [name for name in listed.stdout.decode(errors="replace").split("\0") if name]
    # A folder that is ignored as a whole was named on purpose.
    return set() if names == ["./"] else {str(folder / name.rstrip("/")) for name in names}


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix()


def _task(file: Path, root: Path, chosen: Selection) -> Task:
    path = _relative(file, root)
    return Task(str(file), path, module_name(file, root), tuple(sorted(chosen.codes_for(path))))


def module_name(file: Path, root: Path) -> str:
    """The dotted name by which others import a file: from the folder above its outermost package, or from `root`."""
    parts = [] if file.stem == "__init__" else [file.stem]
    folder = file.parent
    if not (folder / "__init__.py").exists():
        return ".".join([*folder.relative_to(root).parts, *parts]) or file.stem
    while (folder / "__init__.py").exists() and folder != folder.parent:
        parts.insert(0, folder.name)
        folder = folder.parent
    return ".".join(parts)


def _processes(files: int, asked: int | None) -> int:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return asked or (available if files > _FEW else 1)


def _run(tasks: list[Task], processes: int) -> Iterator[FileResult]:
    return map(audit_file, tasks) if processes == 1 else audit_in_processes(tasks, processes)


def _join(
    root: Path, tasks: list[Task], results: list[FileResult], ruff: RuffRun | None, chosen: Selection
) -> AuditResult:
    project = Project(result.facts for result in results if result.facts is not None)
    findings = [finding for result in results for finding in result.found.findings]
    findings += [settled for result in results for one in result.found.pending if (settled := _settle(one, project))]
    if ruff is not None:
        paths = {task.file: task.path for task in tasks}
        task_codes = {task.path: task.codes for task in tasks}
        audited = {
            result.path: AuditedFile(task_codes[result.path], result.facts.functions, frozenset(result.found.vetoes))
            for result in results
            if result.facts is not None
        }
        findings += ruff.findings(paths, findings, audited)
    least = _ORDER.index(chosen.min_confidence)
    told = [one for one in findings if _ORDER.index(one.confidence) <= least]
    return AuditResult(
        root=str(root),
        findings=tuple(sorted(told, key=lambda one: (one.path, one.line, one.column, one.rule))),
        skipped=tuple(result.skipped for result in results if result.skipped is not None),
        files=len(results),
        lines=sum(result.lines for result in results),
        ruff=ruff.trouble if ruff is not None else None,
    )


def _settle(pending: Pending, project: Project) -> AuditFinding | None:
    settle = RULES[pending.finding.rule].settle
    return pending.finding if settle is None else settle(pending.finding, pending.asks, project)
