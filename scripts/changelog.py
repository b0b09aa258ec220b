"""Put the notes of `changes/` into `CHANGELOG.md` under the version of a release, and delete them (`make changelog`).

The lists of the notes are joined under Added, Changed, Fixed, Removed, Security, in the order of the files' names. With
`--show` nothing is changed, and what would be written is printed.
"""

import argparse
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHANGELOG = "CHANGELOG.md"
NOTES = "changes"
KINDS = ("Added", "Changed", "Fixed", "Removed", "Security")
UNRELEASED = "## Unreleased\n"
VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")


def notes_in(folder: Path) -> list[Path]:
    """The notes that wait, by name."""
    return sorted(path for path in folder.glob("*.md") if path.name != "README.md")


def join(texts: list[str]) -> str:
    """The lists of all notes under one heading of each kind."""
    lists: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for text in texts:
        parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)[1:]
        for kind, items in zip(parts[::2], parts[1::2], strict=True):
            lists[kind].append(items.strip())
    return "\n\n".join(f"### {kind}\n\n" + "\n".join(items) for kind, items in lists.items() if items)


def release(changelog: str, version: str, day: str, changes: str) -> str:
    """The changelog with a new version below "Unreleased", above the older ones.

    Raises:
        ValueError: it has no "Unreleased", or the version already.
    """
    if UNRELEASED not in changelog or f"## {version} " in changelog:
        raise ValueError(f"{CHANGELOG} needs a line {UNRELEASED.strip()!r} and must not have {version} yet.")
    head, _, rest = changelog.partition(UNRELEASED)
    waiting, newer, older = rest.partition("\n## ")
    return f"{head}{UNRELEASED}{waiting.rstrip()}\n\n## {version} ({day})\n\n{changes}\n{newer}{older}"


def main() -> int:
    """Write the changelog; 0 when it was done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", nargs="?", help="the version that is released, such as 0.2.0")
    parser.add_argument("--show", action="store_true", help="print what would be written")
    parser.add_argument("--folder", type=Path, default=ROOT, help="the checkout")
    chosen = parser.parse_args()
    notes = notes_in(chosen.folder / NOTES)
    changes = join([note.read_text() for note in notes])
    if chosen.show:
        print(changes)
        return 0
    if not VERSION.fullmatch(chosen.version or "") or not notes:
        print(f"changelog: {len(notes)} notes wait, and the version is {chosen.version!r}. Expected one such as 0.2.0.")
        return 1
    file = chosen.folder / CHANGELOG
    file.write_text(release(file.read_text(), chosen.version, f"{datetime.now(UTC):%Y-%m-%d}", changes))
    for note in notes:
        note.unlink()
    print(
        f"changelog: {len(notes)} notes are in {CHANGELOG} as {chosen.version}; raise the version in pyproject.toml too"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
