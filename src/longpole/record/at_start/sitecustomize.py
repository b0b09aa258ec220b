"""Runs at the start of every Python that `longpole run` starts: records what that program's libraries do.

`longpole run` puts this folder in front of `PYTHONPATH`. Where Longpole is not installed, or cannot start, the program
runs as if this were not here; a `sitecustomize` of its own runs in any case.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from os.path import abspath, dirname


def run_the_other() -> None:
    """Runs the `sitecustomize` that this one stands in front of, if there is one."""
    here = dirname(abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if abspath(folder) != here]
    spec = PathFinder.find_spec("sitecustomize")
    if spec is not None and spec.loader is not None:
        module = sys.modules["sitecustomize"] = module_from_spec(spec)
        spec.loader.exec_module(module)


def record_this_program() -> None:
    """Switches recording on, by the settings of the environment, for every known library and every event loop."""
    try:
        import longpole  # noqa: PLC0415 - this Python need not have it
    except ImportError:
        return
    try:
        longpole.configure()
        longpole.instrument()
        longpole.watch_loop()
    except Exception as error:
        sys.stderr.write(f"Longpole does not record this program: {error}\n")


record_this_program()
run_the_other()
