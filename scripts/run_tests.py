"""Run the checks and the tests of this checkout, all of them even after a failure, and say how many ran.

`make test` runs everything, `make check` only what needs no running. Ends with a table: what, how many, how long.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
MOST_PROCESSES = 4


@dataclass(frozen=True)
class Part:
    """One command of the run. `count` reads from the report file how many tests ran; None: it has no tests."""

    name: str
    command: list[str]
    folder: Path = ROOT
    report: Path | None = None
    count: Callable[[Path], int] | None = None


@dataclass(frozen=True)
class Outcome:
    """How a part ended."""

    name: str
    has_passed: bool
    tests: int | None
    seconds: float


def count_pytest(report: Path) -> int:
    """Tests that ran according to pytest's JUnit file, without skipped ones."""
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    return sum(int(suite.get("tests", 0)) - int(suite.get("skipped", 0)) for suite in suites)


def count_vitest(report: Path) -> int:
    """Tests that ran according to Vitest's JSON file."""
    found = json.loads(report.read_bytes())
    return int(found["numPassedTests"]) + int(found["numFailedTests"])


def checks() -> list[Part]:
    """What reads the code without running it."""
    web = ROOT / "web"
    return [
        Part("ruff", [str(BIN / "ruff"), "check", "--no-cache", "."]),
        Part("ruff format", [str(BIN / "ruff"), "format", "--check", "."]),
        Part("basedpyright", [str(BIN / "basedpyright"), "--warnings"]),
        Part("import-linter", [str(BIN / "lint-imports")]),
        Part("tsc, Biome", [str(BIN / "npm"), "run", "--silent", "check"], folder=web),
    ]


def side_by_side() -> list[str]:
    """A process more than there are cores, because tests wait for servers and pages, at most four: each keeps its own
    databases. What is in one file stays together."""
    return [f"--numprocesses={min((os.cpu_count() or 1) + 1, MOST_PROCESSES)}", "--dist=loadfile"]


def tests(reports: Path, chosen: list[str]) -> list[Part]:
    """What runs the code: Python (browser tests among them), then the dashboard's own."""
    junit, vitest = reports / "pytest.xml", reports / "vitest.json"
    slowest = ["--durations=40", "--durations-min=4"]
    python = [str(BIN / "python"), "-m", "pytest", "-q", f"--junitxml={junit}", *slowest, *side_by_side(), *chosen]
    web = [str(BIN / "npm"), "run", "--silent", "test", "--", "--reporter=default"]
    web += ["--reporter=json", f"--outputFile.json={vitest}"]
    return [
        Part("pytest", python, report=junit, count=count_pytest),
        Part("vitest", web, folder=ROOT / "web", report=vitest, count=count_vitest),
    ]


def environment() -> dict[str, str]:
    """This environment without the developer's own Longpole and OpenTelemetry settings, and `.venv/bin` first.

    Python keeps what it compiled: hundreds of tests start a server or a command, and compiling its 650 modules each
    time would be a third of the 1.5 s of processor time that a server takes to be ready.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LONGPOLE_", "OTEL_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"CI": "1", "PATH": f"{BIN}{os.pathsep}{kept.get('PATH', '')}"}


def run_part(part: Part) -> Outcome:
    """Run one part with its output shown, without a keyboard."""
    print(f"\n== {part.name}", flush=True)
    started = time.monotonic()
    done = subprocess.run(part.command, cwd=part.folder, stdin=subprocess.DEVNULL, env=environment())
    ran = part.count(part.report) if part.count and part.report and part.report.exists() else None
    # A run without a single test is a mistake of the run, whatever its exit code says.
    has_passed = done.returncode == 0 and (part.count is None or bool(ran))
    return Outcome(part.name, has_passed, ran, time.monotonic() - started)


def print_table(outcomes: list[Outcome]) -> None:
    """What ran, how it ended, how many tests, how long."""
    print(f"\n{'':16}{'result':10}{'tests':>8}{'seconds':>10}")
    for outcome in outcomes:
        tests_ran = "" if outcome.tests is None else f"{outcome.tests:,}"
        result = "passed" if outcome.has_passed else "FAILED"
        print(f"{outcome.name:16}{result:10}{tests_ran:>8}{outcome.seconds:>10.1f}")
    total = sum(outcome.tests or 0 for outcome in outcomes)
    print(f"{'all':16}{'':10}{total or '':>8}{sum(outcome.seconds for outcome in outcomes):>10.1f}", flush=True)


def main() -> int:
    """Run what was asked for; 0 when everything passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only-checks", action="store_true", help="read the code, run no test")
    parser.add_argument("pytest", nargs="*", help="arguments for pytest, after --")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="longpole-tests-") as folder:
        parts = checks() + ([] if chosen.only_checks else tests(Path(folder), chosen.pytest))
        outcomes = [run_part(part) for part in parts]
    print_table(outcomes)
    return 0 if all(outcome.has_passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
