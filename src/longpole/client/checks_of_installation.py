"""What is installed in this Python: Longpole, its extras, and what records the libraries that are there."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires, version

from longpole.client.one_check import Check, fine
from longpole.record.instrument import readiness
from longpole.record.instrument.libraries import LIBRARIES

_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)(\[([a-z]+)\])?.*?extra == ['\"]([a-z]+)['\"]")
_TOLD_OF = ("model", "framework")
"""Kinds of libraries that somebody misses whose instrumentor is missing; of the others it is only mentioned."""


def installation_checks() -> Iterator[Check]:
    """Longpole and Python, the extras, the libraries."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield fine("installed", "longpole", f"{version('longpole')} in Python {python}")
    extras = extras_missing()
    whole = [extra for extra, missing in extras.items() if not missing]
    yield fine("installed", "extras", ", ".join(whole) or "none")
    absent = [f"{extra} ({', '.join(missing)})" for extra, missing in extras.items() if missing]
    if absent:
        yield fine(
            "installed",
            "extras not here",
            ", ".join(absent),
            cure=f"Only if you want one: pip install 'longpole[{next(extra for extra in extras if extras[extra])}]'",
        )
    yield from _libraries()


def extras_missing() -> dict[str, list[str]]:
    """By extra, the packages of it that are not installed, those of the extras that it contains among them."""
    needed: dict[str, list[str]] = {}
    contained: dict[str, list[str]] = {}
    for text in requires("longpole") or ():
        if found := _REQUIREMENT.match(text):
            package, _, part, extra = found.groups()
            needed.setdefault(extra, [])
            if package == "longpole":
                contained.setdefault(extra, []).append(part)
            elif "sys_platform" not in text or sys.platform != "win32":
                needed[extra].append(package)
    return {
        extra: sorted(
            {package for each in _whole(extra, contained) for package in needed[each] if not _is_there(package)}
        )
        for extra in needed
    }


def _whole(extra: str, contained: dict[str, list[str]]) -> list[str]:
    return [extra, *(below for part in contained.get(extra, ()) for below in _whole(part, contained))]


def _is_there(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True


def _libraries() -> Iterator[Check]:
    states = {name: readiness(name) for name in LIBRARIES}
    ready = [name for name, state in states.items() if state == "ready" and LIBRARIES[name].library]
    yield fine(
        "installed",
        "libraries",
        f"{', '.join(ready) or 'none'} can be recorded by longpole run and longpole.instrument()",
    )
    lacking = [LIBRARIES[name] for name, state in states.items() if state == "lacking"]
    for row in lacking:
        if row.kind in _TOLD_OF:
            yield Check(
                part="installed",
                name=row.name,
                level="warning",
                text=f"{row.library} is installed and what records it is not: its calls are not seen.",
                cure=row.command,
            )
    others = [row for row in lacking if row.kind not in _TOLD_OF]
    if others:
        yield fine(
            "installed",
            "not recorded",
            f"{', '.join(row.name for row in others)}: installed without what records them",
            cure=f"Only if you want them: {others[0].command}",
        )
