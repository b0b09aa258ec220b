"""Notes of changes are written for users and can be put together into the changelog."""

import re

from house.checkout import ROOT

CHANGES = ROOT / "changes"
KINDS = ("Added", "Changed", "Fixed", "Removed", "Security")
LONGEST_LINE = 120


def test_every_note_has_a_kind_and_says_something():
    notes = [path for path in CHANGES.iterdir() if path.name != "README.md"]
    assert notes
    for note in notes:
        text = note.read_text()
        assert re.fullmatch(r"[a-z0-9][a-z0-9-]*\.md", note.name), f"{note.name}: lower case words joined by dashes"
        headings = re.findall(r"^### (.+)$", text, re.MULTILINE)
        assert headings, f"{note.name}: needs a heading such as `### Added`"
        assert set(headings) <= set(KINDS), f"{note.name}: headings are {', '.join(KINDS)}"
        assert text.startswith("### "), f"{note.name}: starts with a heading"
        for part in re.split(r"^### .+$", text, flags=re.MULTILINE)[1:]:
            assert part.strip().startswith("- "), f"{note.name}: a list under every heading"


def test_no_line_of_a_note_is_too_long():
    long = [
        f"{note.name}:{number}"
        for note in CHANGES.glob("*.md")
        for number, line in enumerate(note.read_text().splitlines(), 1)
        if len(line) > LONGEST_LINE
    ]
    assert long == []


def test_the_changelog_has_a_place_for_them():
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text()
