"""A release puts the notes of changes into the changelog, each kind once, the newest version on top."""

import pytest

from changelog import join, release

CHANGELOG = (
    "# Changelog\n\nWhat is better.\n\n## Unreleased\n\nSee `changes/`.\n\n## 0.1.0 (2026-01-01)\n\n### Added\n\n- A.\n"
)


def test_notes_are_joined_by_kind() -> None:
    notes = [
        "### Fixed\n\n- A fault,\n  told in two lines.\n",
        "### Added\n\n- One.\n\n### Fixed\n\n- Another fault.\n",
    ]
    assert join(notes) == "### Added\n\n- One.\n\n### Fixed\n\n- A fault,\n  told in two lines.\n- Another fault."


def test_a_version_stands_above_the_older_ones() -> None:
    text = release(CHANGELOG, "0.2.0", "2026-02-02", "### Added\n\n- B.")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Unreleased",
        "## 0.2.0 (2026-02-02)",
        "## 0.1.0 (2026-01-01)",
    ]
    assert "See `changes/`.\n\n## 0.2.0 (2026-02-02)\n\n### Added\n\n- B.\n\n## 0.1.0" in text


def test_a_version_is_released_once() -> None:
    with pytest.raises(ValueError, match=r"must not have 0\.1\.0"):
        release(CHANGELOG, "0.1.0", "2026-02-02", "")
