"""Other libraries: what they do becomes steps. `instrument("openai", "httpx")`, or `instrument()` for all there are.

A library is looked at when the program imports it, not before; one that it never imports costs nothing.
"""

import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from logging import getLogger
from pathlib import Path
from threading import RLock, get_ident
from typing import Literal

from longpole.model.errors import MissingPackage, UnknownLibrary
from longpole.record.instrument.libraries import LIBRARIES, UNDER_SQLALCHEMY, WHOLE_TRACERS, Library, Target
from longpole.record.instrument.when_imported import when_imported

_INSTRUMENTORS = "longpole.record.instrument.opentelemetry_instrumentors"
_PROGRAMS = "longpole.record.instrument.opentelemetry"
_MODELS = ("model", "framework")
_NOISY = ("http", "database")
_NOISY_MODELS = ("botocore",)  # most of its calls are of storage and queues
_TRACERS = "other tracers"
_log = getLogger("longpole")
_lock = RLock()
_asked: set[str] = set()  # by name
_wanted: set[str] = set()
_on: dict[Target, Callable[[], None]] = {}  # and what turns it off
_installing: list[int] = []  # threads
_put_off: list[Target] = []
_watched: set[Target | str] = set()
_told: set[str] = set()


def instrument(*names: str) -> None:
    """Records what other libraries do: model calls, agents, queries, requests.

    Each library is turned on when the program imports it, or now if it has. With names, exactly these. Without, every
    known library for which what it takes is installed, with three exceptions: models and frameworks that the program
    traces itself, and database drivers in a program that uses SQLAlchemy, so that nothing counts twice; requests and
    queries that belong to no step, which would be executions of their own. Called again it adds.

    Args:
        names: of libraries, as `docs/how-to/instrument.md` lists them.

    Raises:
        UnknownLibrary: a name is not in that list.
        MissingPackage: a named library, or its instrumentor, is not installed; the message says what to install.
    """
    asked = [_row(name) for name in names]
    for row in asked:
        _check(row)
    rows = asked or [row for row in LIBRARIES.values() if row.kind != "tracing"]
    with _lock:
        _asked.update(row.name for row in asked)
        _wanted.update(row.name for row in rows)
    for row in rows:
        for target in row.everything:
            _watch(target)
    if not names:
        _watch_program()


def uninstrument(*names: str) -> None:
    """Turns libraries off again; without names all of them.

    Raises:
        UnknownLibrary: a name is not known.
    """
    rows = [_row(name) for name in names] or list(LIBRARIES.values())
    with _lock:
        for row in rows:
            _asked.discard(row.name)
            _wanted.discard(row.name)
        still = {target for name in _wanted for target in LIBRARIES[name].everything}
    _turn_off([target for row in rows for target in row.everything if target not in still])


def instrumented() -> tuple[str, ...]:
    """The names of the libraries that are on now, in the order of the table. One that is not imported yet is not."""
    return tuple(name for name in LIBRARIES if name in _wanted and any(t in _on for t in LIBRARIES[name].targets))


def readiness(name: str) -> Literal["ready", "lacking", "absent"]:
    """Whether a library could be turned on here: it and what it takes are installed, only it is, or not even it.

    Raises:
        UnknownLibrary: the name is not known.
    """
    row = _row(name)
    try:
        _check(row)
    except MissingPackage:
        return "lacking" if any(_is_installed(target.module, row.mark) for target in row.targets) else "absent"
    return "ready"


def _row(name: str) -> Library:
    if name in LIBRARIES:
        return LIBRARIES[name]
    raise UnknownLibrary(
        f"longpole.instrument({name!r}): no library of this name is known. Expected one of {', '.join(LIBRARIES)}. "
        "Choose one of them, or none to turn on all that are installed."
    )


def _check(row: Library) -> None:
    if not any(_is_installed(target.module, row.mark) for target in row.targets):
        raise _missing(row, row.library)
    if row.package and not any(_is_installed(target.how.partition(":")[0]) for target in row.targets):
        raise _missing(row, row.package)
    if row.package and not _is_installed("opentelemetry.sdk"):
        raise _missing(row, "opentelemetry-sdk")


def _missing(row: Library, package: str) -> MissingPackage:
    return MissingPackage(
        f"longpole.instrument({row.name!r}): the package {package} is not installed. Expected: it is in the "
        f"environment of {sys.executable}. Install it: {row.command}"
    )


def _is_installed(module: str, mark: str = "") -> bool:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):  # a parent package is missing; a module without a spec is being made by hand
        return module in sys.modules
    if spec is None:
        return False
    return not mark or any((Path(folder) / mark).exists() for folder in spec.submodule_search_locations or ())


def _watch(target: Target) -> None:
    if target in _watched and target.module not in sys.modules:
        return
    _watched.add(target)
    when_imported(target.module, lambda: _turn_on(target))


def _turn_on(target: Target) -> None:
    """Turns a target on for whoever of the wanted libraries it serves: `langchain` and `langgraph` share one.

    Not under the lock: it imports, and another thread that imports may be on its way here.
    """
    with _lock:
        rows = [LIBRARIES[name] for name in LIBRARIES if name in _wanted and target in LIBRARIES[name].everything]
        if not rows or target in _on or not _is_free(target, rows[0]):
            return
        _on[target] = _nothing  # from here on nobody else starts on it
    me = get_ident()
    try:
        _installing.append(me)
        _on[target] = _install(target, rows[0], is_asked=any(row.name in _asked for row in rows))
    except BaseException as trouble:
        _on.pop(target, None)
        if not isinstance(trouble, ImportError):
            raise
        _tell_missing(rows[0], trouble)
    finally:
        _installing.remove(me)
    if rows[0].name == "sqlalchemy":
        _leave([LIBRARIES[name] for name in UNDER_SQLALCHEMY])
    while _put_off and me not in _installing:
        _turn_on(_put_off.pop())


def _is_free(target: Target, row: Library) -> bool:
    """Whether a target may be turned on now: nobody else sees to it, and its instrumentor is not just being imported.

    Instrumentors import what they instrument. If this is ours, the target waits until that one is done; if it is the
    program's, the program is about to turn it on itself.
    """
    is_asked = target in row.waits or any(target in LIBRARIES[name].makers for name in _asked)
    module = sys.modules.get(target.how.partition(":")[0])
    if ":" in target.how and getattr(getattr(module, "__spec__", None), "_initializing", False):
        if is_asked or get_ident() in _installing:
            _put_off.append(target)
        return False
    return is_asked or (_is_installed(target.module, row.mark) and not _is_traced_otherwise(row))


def _nothing() -> None:
    """Turns nothing off."""


def _install(target: Target, row: Library, *, is_asked: bool) -> Callable[[], None]:
    if ":" in target.how:
        only_inside = not is_asked and (row.kind in _NOISY or row.name in _NOISY_MODELS)
        return import_module(_INSTRUMENTORS).turn_on(target, only_inside=only_inside) or _nothing
    own, given = import_module(target.how), [target.argument] if target.argument else []
    own.install(*given)
    return lambda: own.remove(*given)


def _turn_off(targets: list[Target]) -> None:
    for target in targets:
        _on.pop(target, _nothing)()


def _is_traced_otherwise(row: Library) -> bool:
    """Whether the program sees to this library itself, or shows its queries by another one already."""
    if row.kind in _MODELS and any(module in sys.modules for module in (*_other_tracers(), *row.others)):
        return True
    return row.name in UNDER_SQLALCHEMY and any(target.module == "sqlalchemy" for target in _on)


def _other_tracers() -> list[str]:
    """Modules by which programs trace models and frameworks themselves. One of them is enough to leave all to it: two
    that each see half of a run would tear it apart and count its tokens twice."""
    others = [module for row in LIBRARIES.values() if row.kind in _MODELS for module in row.others]
    return [*WHOLE_TRACERS, *others]


def _watch_program() -> None:
    """Notices when the program begins to trace by itself: what it traces is recorded, and is not traced twice."""
    if _PROGRAMS in _watched:
        return
    _watched.add(_PROGRAMS)
    when_imported("opentelemetry.sdk.trace", lambda: import_module(_PROGRAMS).install(stands_in=False))
    for module in _other_tracers():
        when_imported(module, partial(_leave_models, module))


def _leave_models(module: str) -> None:
    """The program has begun to trace models itself: what is on without having been asked for by name goes off."""
    if _TRACERS not in _told:
        _told.add(_TRACERS)
        _log.info("The program has %s: its models and frameworks are left to it, but for those named.", module)
    _leave([row for row in LIBRARIES.values() if row.kind in _MODELS])


def _leave(rows: list[Library]) -> None:
    with _lock:
        kept = {target for name in _asked for target in LIBRARIES[name].makers}
    _turn_off([target for row in rows for target in row.makers if target not in kept])


def _tell_missing(row: Library, trouble: ImportError) -> None:
    """Says once that a library which the program uses could be shown. Loudly only for what an agent is about."""
    if row.name in _told:
        return
    _told.add(row.name)
    tell = _log.warning if row.kind in _MODELS and row.name not in _NOISY_MODELS else _log.info
    tell("%s is used but not recorded (%s). To see its calls as steps: %s", row.name, trouble, row.command)
