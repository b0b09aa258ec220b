"""Which commit of a git repository a program runs from, read from its files: no process, a tenth of a millisecond."""

from pathlib import Path

MOST_PARENTS = 12
_HEX = frozenset("0123456789abcdef")


def find_commit(folder: Path) -> str | None:
    """The commit that is checked out in the repository around `folder`, or `None` where there is none."""
    for each in (folder, *list(folder.parents)[:MOST_PARENTS]):
        git = each / ".git"
        try:
            if git.is_file():  # a worktree or submodule: the file says where its folder is
                git = (each / git.read_text().removeprefix("gitdir:").strip()).resolve()
            if git.is_dir():
                return _checked_out(git)
        except (OSError, ValueError):
            return None
    return None


def _checked_out(git: Path) -> str | None:
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref:"):
        return _commit(head)
    name = head.removeprefix("ref:").strip()
    common = git / "commondir"
    shared = (git / common.read_text().strip()).resolve() if common.is_file() else git
    for place in (git, shared):
        if (place / name).is_file():
            return _commit((place / name).read_text().strip())
    packed = shared / "packed-refs"
    lines = packed.read_text().splitlines() if packed.is_file() else []
    return next((_commit(line.split()[0]) for line in lines if line.endswith(f" {name}")), None)


def _commit(text: str) -> str | None:
    return text if len(text) in (40, 64) and _HEX.issuperset(text) else None
