"""Does something when a library is imported, now or later: what a program never imports costs it nothing.

One finder at the head of `sys.meta_path`, there only while something waits; it finds nothing itself, it asks the others
and adds to what they found.
"""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from logging import getLogger
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from importlib.abc import Loader

_waiting: dict[str, list[Callable[[], None]]] = {}
_log = getLogger("longpole")


def when_imported(library: str, then: Callable[[], None]) -> None:
    """Calls `then` once, as soon as the module `library` has been imported; at once if it has been already.

    What `then` raises is logged, not raised into the program's import.
    """
    if library in sys.modules:
        _call(library, then)
        return
    _waiting.setdefault(library, []).append(then)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def when_imported_install(library: str, module: str) -> None:
    """The same for `install()` of a module of ours, which is loaded only then."""
    when_imported(library, lambda: import_module(module).install())


class _Finder:
    """Asks the other finders, and has the module's loader tell when it is done."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        if name not in _waiting:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec: ModuleSpec | None = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = cast("Loader", _TellingLoader(spec.loader, name))
                return spec
        return None


class _TellingLoader:
    """A loader as it was, after whose work the waiting ones are called."""

    def __init__(self, loader: Any, name: str) -> None:
        self._loader = loader
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader  # nobody else is to meet this one
        self._loader.exec_module(module)
        for then in _waiting.pop(self._name, ()):
            _call(self._name, then)
        if not _waiting and _finder in sys.meta_path:
            sys.meta_path.remove(_finder)


_finder: Any = _Finder()


def _call(library: str, then: Callable[[], None]) -> None:
    try:
        then()
    except Exception as error:
        _log.warning(
            "%s is not instrumented: %s: %s. The program goes on without its spans.",
            library,
            type(error).__name__,
            error,
        )
