"""The commands that the pages name exist, and the build runs what a developer runs."""

import re
import subprocess

from generated_pages import spec_page
from house.checkout import ROOT, short, tracked_files

MAKE = re.compile(r"\bmake ([a-z]+)")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_pages_name_no_command_that_does_not_exist():
    # The specification's page repeats sentences of other programs.
    pages = [path for path in tracked_files() if path.suffix == ".md" and path != spec_page.REFERENCE / "spec.md"]
    named = {(short(page), name) for page in pages for name in MAKE.findall(code_of(page.read_text()))}
    assert {(page, name) for page, name in named if name not in TARGETS} == set()


def code_of(text: str) -> str:
    """What stands in code blocks and between backticks, a line each."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))


def test_help_lists_every_target():
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(re.findall(r"make ([a-z-]+)", shown.stdout)) == TARGETS


def test_the_build_runs_make_test_and_nothing_else():
    script = ROOT / ".ci" / "run"
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert commands == ['cd "$(dirname "$0")/.." && exec make test']
    assert script.stat().st_mode & 0o111
