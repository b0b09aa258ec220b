"""What the house tests look at: the files of the checkout and their syntax trees."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "longpole"
PROGRAMS = ("src", "scripts", "bench", "examples")


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file that git holds or would take, so that a new file is judged before its first commit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))


def python_files(*folders: str) -> list[Path]:
    """The Python files below the named folders of the checkout."""
    roots = tuple(ROOT / folder for folder in folders)
    return [path for path in tracked_files() if path.suffix == ".py" and any(root in path.parents for root in roots)]


@cache
def syntax(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(), str(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, methods and inner functions included."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def short(path: Path) -> str:
    """The path from the top of the checkout."""
    return str(path.relative_to(ROOT))


def text_of(path: Path) -> str | None:
    """The content of a text file; None when it is not text."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return None
