"""Finds the function that a targets file names: in a module, or in a file beside it."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any


def find_operation(run: str, folder: Path) -> Callable[..., Any]:
    """The function of `module:function` or `file.py:function`.

    Args:
        run: a file's path is relative to `folder`. The function's name may have dots, as in `Coach.answer`.
        folder: it is also where modules are looked for, after the working folder.

    Raises:
        LookupError: there is no such function.
        Exception: whatever importing the module raises.
    """
    where, _, name = run.rpartition(":")
    module = _module_of_file(folder / where) if where.endswith(".py") else _module(where, folder)
    try:
        function = attrgetter(name)(module)
    except AttributeError:
        raise LookupError(f"{where} has no function {name}") from None
    if not callable(function):
        raise LookupError(f"{name} of {where} cannot be called: it is {type(function).__name__}")
    return function


def _module(name: str, folder: Path) -> ModuleType:
    for each in (str(folder.resolve()), str(Path.cwd())):
        if each not in sys.path:
            sys.path.insert(0, each)
    return importlib.import_module(name)


def _module_of_file(file: Path) -> ModuleType:
    file = file.resolve()
    name = f"longpole_operations_{file.stem}_{abs(hash(file)):x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise LookupError(f"there is no file {file}")
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))  # what the file imports stands beside it
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
