"""How often the audit is right on sites that people labelled, and how fast it is.

The sites are in `labels.jsonl` (repository, commit, path, line, rule, true or false) beside `score_audit.py`, which
counts. `--repos` is a folder with one folder per repository, `owner+name`, checked out at the commits that the labels
name. Two others are scored beside it: ruff alone, and a detector that reports every candidate without judging it.

    .venv/bin/python bench/audit.py --repos FOLDER [--labels FOLDER] [--list] [--sample N]
"""

import argparse
import ast
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from longpole.audit import AuditResult, Selection, audit_paths
from longpole.audit.source import last_name
from longpole.model.audit_finding import AuditFinding

LABELS = Path(__file__).resolve().parents[2] / "shared" / "data" / "audit"
RULES = {
    "LP001": "sequential_await",
    "LP002": "blocking_call_in_async",
    "LP004": "deepcopy_in_loop",
    "LP005": "excessive_notification",
    "LP006": "persist_per_item",
    "LP007": "serialize_in_log",
    "LP008": "size_by_serialization",
    "LP010": "engine_without_pool",
    "LP011": "executor_per_call",
    "LP015": "base64_hot_path",
}
"""Our codes, and what the labels call the same fault. A sleep that blocks has a name of its own there."""

SLEEP = "blocking_sleep_in_async"
RUFF = {"ASYNC251": SLEEP, "G004": "serialize_in_log"} | dict.fromkeys(
    ("ASYNC210", "ASYNC220", "ASYNC221", "ASYNC222"), "blocking_call_in_async"
)

Row = dict[str, str | int]


def main() -> None:
    """Print the three tables and the speed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repos", type=Path, required=True, help="folder with one folder per repository, owner+name")
    parser.add_argument("--labels", type=Path, default=LABELS, help="folder with labels.jsonl and score_audit.py")
    parser.add_argument("--list", action="store_true", help="also list the labelled sites on which the audit is wrong")
    parser.add_argument("--sample", type=int, default=0, help="also print this many unlabelled findings, seeded")
    options = parser.parse_args()
    labels = [json.loads(line) for line in (options.labels / "labels.jsonl").read_text().splitlines()]
    folders = {name: options.repos / name.replace("/", "+") for name in sorted({one["repo"] for one in labels})}
    check_lines(labels, folders)
    own = audited(folders)
    score = options.labels / "score_audit.py"
    rows = [row for name, result in own.items() for finding in result.findings for row in [as_row(name, finding)]]
    for title, found in {
        "longpole audit, medium confidence and up": rows,
        "ruff alone (ASYNC and G004)": [row for name, folder in folders.items() for row in ruff_rows(name, folder)],
        "every candidate reported": [row for name, folder in folders.items() for row in candidates(name, folder)],
    }.items():
        print(f"\n{title}\n{scored(score, options.labels / 'labels.jsonl', found)}", end="")
    count = Counter(finding.rule for result in own.values() for finding in result.findings)
    print("\nfindings by rule: " + ", ".join(f"{rule} {number}" for rule, number in sorted(count.items())))
    if options.list:
        print_wrong(labels, rows)
    if options.sample:
        print_sample(own, labels, options.sample)


def check_lines(labels: list[dict[str, object]], folders: dict[str, Path]) -> None:
    """Say whether the labelled lines are those that were labelled."""
    same = 0
    for one in labels:
        file = folders[str(one["repo"])] / str(one["path"])
        lines = file.read_text(encoding="utf-8").split("\n") if file.is_file() else []
        number = int(str(one["line"]))
        text = lines[number - 1].strip() if number <= len(lines) else ""
        same += hashlib.sha1(text.encode()).hexdigest()[:12] == one["line_sha1"]
    print(f"{same} of {len(labels)} labelled lines read as they were labelled")


def audited(folders: dict[str, Path]) -> dict[str, AuditResult]:
    """Audit each repository; prints lines a second and memory."""
    results: dict[str, AuditResult] = {}
    began, cpu_began_s = time.perf_counter(), cpu_s()
    for name, folder in folders.items():
        results[name] = audit_paths([folder], selection=Selection(select=("LP",)))
    took = time.perf_counter() - began
    lines = sum(result.lines for result in results.values())
    peak = [resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    files = sum(result.files for result in results.values())
    skipped = sum(len(result.skipped) for result in results.values())
    print(f"{lines:,} lines in {files:,} files, {skipped} skipped: {took:.1f} s, {lines / took:,.0f} lines/s")
    used = cpu_s() - cpu_began_s
    print(f"{used:.1f} s of processor time, ruff's with it: {lines / used:,.0f} lines a second of one processor")
    print(f"peak memory: {peak[0]} MB, the largest worker {peak[1]} MB")
    return results


def cpu_s() -> float:
    """Seconds of processor time of this process and of those that it waited for."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def as_row(repo: str, finding: AuditFinding) -> Row:
    """A finding in the form of `score_audit.py`."""
    rule = SLEEP if finding.rule == "LP002" and "sleep" in finding.message else RULES.get(finding.rule, finding.rule)
    return {"repo": repo, "path": finding.path, "line": finding.line, "rule": rule}


def ruff_rows(repo: str, folder: Path) -> Iterator[Row]:
    """What ruff alone reports."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--exit-zero",
        "--output-format",
        "json",
    ]
    answer = subprocess.run([*command, "--select", ",".join(RUFF), str(folder)], capture_output=True, check=True)
    for one in json.loads(answer.stdout):
        path = Path(one["filename"]).relative_to(folder.resolve()).as_posix()
        if one["code"] in RUFF:
            yield {"repo": repo, "path": path, "line": one["location"]["row"], "rule": RUFF[one["code"]]}


def scored(score: Path, labels: Path, rows: Iterable[Row]) -> str:
    """The table of `score_audit.py` for these rows."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write("\n".join(json.dumps(row) for row in rows))
        file.flush()
        return subprocess.run(
            [sys.executable, score, labels, file.name], capture_output=True, text=True, check=True
        ).stdout


# A detector without judgement ------------------------------------------------------------

_CALLS: dict[str, tuple[str, ...]] = {
    "engine_without_pool": ("create_engine", "create_async_engine"),
    "executor_per_call": ("ThreadPoolExecutor", "ProcessPoolExecutor", "Pool"),
    "base64_hot_path": ("b64encode", "b64decode", "urlsafe_b64encode", "urlsafe_b64decode", "pbkdf2_hmac"),
    SLEEP: ("sleep",),
    "size_by_serialization": ("len",),
}
_IN_LOOPS = {
    "sequential_await": ("",),
    "deepcopy_in_loop": ("deepcopy",),
    "excessive_notification": ("send", "emit", "publish", "notify", "stream_output", "put"),
    "persist_per_item": ("save", "insert", "commit", "write", "set", "add", "execute", "update"),
}
_LOGS = ("debug", "info", "warning", "error")
_HTTP = ("get", "post", "put", "run", "call", "check_output", "check_call", "Popen")


def candidates(repo: str, folder: Path) -> Iterator[Row]:
    """Every place that looks like a fault by its words alone."""
    for file in folder.rglob("*.py"):
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):
            continue
        for rule, line in _candidates(tree, is_in_loop=False):
            yield {"repo": repo, "path": file.relative_to(folder).as_posix(), "line": line, "rule": rule}


def _candidates(node: ast.AST, *, is_in_loop: bool) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Await) and is_in_loop:
            yield "sequential_await", child.lineno
        if isinstance(child, ast.Call):
            name = last_name(child.func)
            text = ast.unparse(child)
            for rule, names in _CALLS.items():
                if name in names and (rule != "size_by_serialization" or "dumps" in text):
                    yield rule, child.lineno
            for rule, starts in _IN_LOOPS.items():
                if is_in_loop and rule != "sequential_await" and any(name.startswith(start) for start in starts):
                    yield rule, child.lineno
            if name in _LOGS and any(word in text for word in ("dump", "json", "Event(")):
                yield "serialize_in_log", child.lineno
            if name in _HTTP and ast.unparse(child.func).startswith(("requests.", "subprocess.", "httpx.")):
                yield "blocking_call_in_async", child.lineno
        yield from _candidates(child, is_in_loop=is_in_loop or isinstance(child, ast.For | ast.AsyncFor | ast.While))


# Looking closer ------------------------------------------------------------


def print_wrong(labels: list[dict[str, object]], rows: list[Row]) -> None:
    """The labelled sites that were missed or wrongly reported."""
    for one in labels:
        begin, end = one["loop"] if isinstance(one["loop"], list) and one["rule"] in _IN_LOOPS else (0, -1)
        is_hit = any(
            (row["repo"], row["path"], row["rule"]) == (one["repo"], one["path"], one["rule"])
            and (abs(int(row["line"]) - int(str(one["line"]))) <= 2 or begin <= int(row["line"]) <= end)
            for row in rows
        )
        if is_hit != one["label"]:
            word = "missed" if one["label"] else "wrong "
            place = f"{one['repo']} {one['path']}:{one['line']}"
            print(f"{word} {one['confidence']:6} {one['rule']:24} {place} {one['reason']}")


def print_sample(own: dict[str, AuditResult], labels: list[dict[str, object]], size: int) -> None:
    """Findings away from every label, drawn with a fixed seed, for people to judge."""
    near = {(one["repo"], one["path"], int(str(one["line"])) + step) for one in labels for step in range(-3, 4)}
    rest = [
        (repo, finding)
        for repo, result in own.items()
        for finding in result.findings
        if (repo, finding.path, finding.line) not in near
    ]
    chosen = random.Random(8).sample(rest, min(size, len(rest)))
    for number, (repo, finding) in enumerate(sorted(chosen, key=lambda one: (one[1].rule, one[0], one[1].path)), 1):
        print(
            f"{number:2} {finding.rule} {finding.confidence:7} {repo} {finding.path}:{finding.line} {finding.message}"
        )


if __name__ == "__main__":
    main()
