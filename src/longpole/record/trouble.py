"""What goes wrong in Longpole's own code, or in how it is used: told once in the log, and kept from the program."""

from collections import Counter
from importlib import import_module

from longpole.record.capture import describe

MOST_WARNINGS = 20
counts: Counter[str] = Counter()
"""How often each part of Longpole has failed."""
_told: set[str] = set()


def complain(place: str, error: BaseException) -> None:
    """Counts that a part of Longpole failed; tells it the first time. Never raises."""
    counts[place] += 1
    if counts[place] == 1:
        warn_once(
            f"Longpole's {place} failed: {describe(error)}. The program goes on without what it would have recorded. "
            "Please report it with the versions of the libraries involved."
        )


def warn_once(message: str) -> None:
    """Tells it in the log, the first time; at most 20 different messages."""
    if message not in _told and len(_told) < MOST_WARNINGS:
        _told.add(message)
        import_module("logging").getLogger("longpole").warning("%s", message)  # 3 ms that few programs need
