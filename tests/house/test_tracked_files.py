"""What no file of the project may contain."""

import json
import re

from house.checkout import ROOT, short, text_of, tracked_files

# Pieces are joined here so that this file does not hold what it looks for.
ADDRESSES = re.compile(
    "|".join(
        [
            r"pypi\." + "org",
            r"pythonhosted\." + "org",
            r"registry\.npmjs\." + "org",
            r"registry\.yarn" + r"pkg\.com",
            r"/work/" + r"(?:main|shared)",
            r"/root/" + r"[.\w]",
            r"/tmp/bash_" + "jobs",
        ]
    )
)
# The project speaks of itself, not of how it came about.
MAKING = re.compile(
    "|".join(
        [
            r"\bAI[- ]" + r"(?:generated|written|assisted)\b",
            r"\bgenerated (?:by|with) " + r"(?:an? )?(?:AI|LLM|assistant|Claude|GPT|Copilot)\b",
            r"\bco-authored-" + r"by\b",
            r"\b(?:sub|co)-?" + r"agent (?:wrote|built|made)\b",
            r"\bassistant (?:wrote|built|made)\b",
            r"\b(?:my|the|an?) " + r"brief\b",
            r"\bcoding " + r"(?:agent|assistant)\b",
            r"\bprompt " + r"engineer",
            r"\broom [A-Z]\b" + r"(?! \w+ service)",
        ]
    ),
    re.IGNORECASE,
)
CAPTURED = ("tests/captures/", "tests/real_clients/", "tests/endtoend/captures/")


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    """Places in tracked text files where the pattern occurs; captured bodies of real clients are not ours to word."""
    return [
        f"{short(path)}:{number}: {line.strip()[:100]}"
        for path in tracked_files()
        if not short(path).startswith(CAPTURED) and (text := text_of(path)) is not None
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_registry_or_a_place_on_one_machine():
    assert lines_matching(ADDRESSES) == []


def test_no_file_tells_how_the_project_is_made():
    assert lines_matching(MAKING) == []


def test_the_web_lock_file_holds_no_address():
    lock = json.loads((ROOT / "web" / "package-lock.json").read_bytes())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_the_web_lock_file_holds_the_optional_packages_of_every_platform():
    # npm leaves out what one machine's mirror does not have, and `npm ci` then refuses the lock everywhere.
    packages = json.loads((ROOT / "web" / "package-lock.json").read_bytes())["packages"]
    missing = {
        f"{name} needs {wanted}"
        for name, package in packages.items()
        for wanted in package.get("optionalDependencies", {})
        if f"node_modules/{wanted}" not in packages and f"{name}/node_modules/{wanted}" not in packages
    }
    assert missing == set()


def test_the_python_lock_file_holds_versions_only():
    pinned = re.compile(r"^[a-z0-9.-]+==[^ ;]+( ; .+)?$")
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert [line for line in lines if not pinned.match(line)] == []


def test_no_todo_is_left_without_an_issue():
    left = re.compile(r"\b(?:TODO|FIXME|XXX)\b" + r"(?!\(#\d+\))")
    code = (".py", ".ts", ".tsx", ".sql", ".css")
    found = [line for line in lines_matching(left) if line.split(":")[0].endswith(code)]
    assert [line for line in found if not line.startswith("tests/house/")] == []
