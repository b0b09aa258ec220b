"""What is audited: `[tool.longpole.audit]` of the nearest `pyproject.toml`, read as ruff reads such tables."""

import fnmatch
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from longpole.audit.rules import RULES
from longpole.model.errors import SettingsError
from longpole.model.finding import Confidence

EXCLUDED = (
    *(
        ".bzr",
        ".direnv",
        ".eggs",
        ".git",
        ".git-rewrite",
        ".hg",
        ".ipynb_checkpoints",
        ".mypy_cache",
        ".nox",
        ".pants.d",
    ),
    *(
        ".pyenv",
        ".pytest_cache",
        ".pytype",
        ".ruff_cache",
        ".svn",
        ".tox",
        ".venv",
        ".vscode",
        "__pypackages__",
        "_build",
    ),
    *("buck-out", "dist", "node_modules", "site-packages", "venv", "__pycache__"),
)
"""Folders that are not looked into, as for ruff."""


class Selection(Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """Which rules look at which files. Codes may be prefixes: `LP`, `LP00`; `ALL` is every rule."""

    select: tuple[str, ...] = ("LP",)
    """Rules that run."""
    extend_select: tuple[str, ...] = ()
    """Rules that run besides."""
    ignore: tuple[str, ...] = ()
    """Rules that do not run; the longer prefix wins over `select`."""
    per_file_ignores: dict[str, tuple[str, ...]] = {}
    """Rules that do not look at files of a pattern: `{"scripts/*" = ["LP002"]}`."""
    exclude: tuple[str, ...] = EXCLUDED
    """Files and folders that are not audited."""
    extend_exclude: tuple[str, ...] = ()
    """Files and folders that are not audited, besides."""
    min_confidence: Confidence = Confidence.MEDIUM
    """Findings below this are not told: `certain`, `high`, `medium` or `low`."""
    ruff: bool = True
    """Whether ruff is asked too, where it is installed."""

    def codes(self) -> list[str]:
        """The selected rules in their order. The longest matching prefix decides, and `ignore` wins a draw."""
        return [
            code
            for code in RULES
            if self._length(code, (*self.select, *self.extend_select)) > self._length(code, self.ignore)
        ]

    def _length(self, code: str, prefixes: Iterable[str]) -> int:
        return max(
            (len("" if one == "ALL" else one) for one in prefixes if one == "ALL" or code.startswith(one)), default=-1
        )

    def codes_for(self, path: str) -> set[str]:
        """The selected rules that look at this file; `path` is relative to the audited root."""
        ignored = [
            code
            for pattern, codes in self.per_file_ignores.items()
            if _matches(path, pattern.removeprefix("!")) != pattern.startswith("!")
            for code in codes
        ]
        return {code for code in self.codes() if self._length(code, ignored) < 0}

    def excludes(self, path: str) -> bool:
        """Whether a file or folder is left out."""
        return any(_matches(path, pattern) for pattern in (*self.exclude, *self.extend_exclude))


def _matches(path: str, pattern: str) -> bool:
    """Whether the whole path, its beginning, or one part of it has the pattern."""
    plain = pattern.removeprefix("./").rstrip("/")
    parts = path.split("/")
    return fnmatch.fnmatch(path, plain) or (
        any(fnmatch.fnmatch(part, plain) for part in parts)
        if "/" not in plain
        else any(fnmatch.fnmatch("/".join(parts[:end]), plain) for end in range(1, len(parts)))
    )


def load_selection(start: Path, **given: object) -> Selection:
    """The table of the nearest `pyproject.toml` that has one, from `start` upwards, with what was given in its place.

    Raises:
        SettingsError: a key, a rule or a value is not one that exists.
    """
    folder = start if start.is_dir() else start.parent
    table: dict[str, object] = {}
    where = "the arguments"
    for place in (folder.resolve(), *folder.resolve().parents):
        found = _table_of(place / "pyproject.toml")
        if found is not None:
            table, where = found, str(place / "pyproject.toml")
            break
    try:
        chosen = msgspec.convert(table, Selection)
        chosen = msgspec.convert(
            {**_plain(chosen), **{name.replace("_", "-"): value for name, value in given.items() if value is not None}},
            Selection,
        )
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"[tool.longpole.audit] in {where} cannot be read: {error}. Expected keys are "
            f"{', '.join(one.replace('_', '-') for one in Selection.__struct_fields__)}; see docs/how-to/audit.md."
        ) from error
    _check_codes(chosen, where)
    return chosen


def _plain(chosen: Selection) -> dict[str, object]:
    return {name.replace("_", "-"): value for name, value in structs.asdict(chosen).items()}


def _table_of(file: Path) -> dict[str, object] | None:
    if not file.is_file():
        return None
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read: {error}. Expected TOML; mend it or move it away.") from error
    return read.get("tool", {}).get("longpole", {}).get("audit")


def _check_codes(chosen: Selection, where: str) -> None:
    ignored = [code for codes in chosen.per_file_ignores.values() for code in codes]
    for code in (*chosen.select, *chosen.extend_select, *chosen.ignore, *ignored):
        if code != "ALL" and not any(known.startswith(code) for known in RULES):
            raise SettingsError(
                f"There is no rule {code!r} (from {where}). Expected one of {', '.join(RULES)}, "
                "a beginning of one, or ALL."
            )
