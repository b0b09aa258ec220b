"""What goes wrong in Longpole's own hooks: counted, told once, and kept from the program that they stand in."""

from collections import Counter
from importlib import import_module

counts: Counter[str] = Counter()
"""How often each hook has failed."""


def complain(hook: str, error: BaseException) -> None:
    """Notes that a hook failed; the first time also as a warning of the logger `longpole`. Never raises."""
    counts[hook] += 1
    if counts[hook] == 1:
        import_module("logging").getLogger("longpole").warning(
            "Longpole's hook %s failed: %r. The program goes on without what it would have recorded. "
            "Please report it with the versions of the libraries involved.",
            hook,
            error,
        )
