"""Keeps CPython 3.11 from crashing where a finalizer records.

`ContextVar.set` walks the mapping of the current context without holding it (python/cpython#148891). CPython 3.11 may
collect garbage in the middle of that. A finalizer that sets any context variable then, as every step does, replaces the
mapping and frees the one that is being walked. From 3.12 on garbage is collected between two instructions only.

So each collection begins with a copy of the context: it shares the mapping, and keeps it for the time of two
collections. That costs 0.4 us a collection, and nothing a step.
"""

import gc
import sys
from collections import deque
from contextvars import Context, copy_context
from typing import Any

MOST_KEPT = 2


def keep_contexts() -> None:
    """From now on no collection frees a mapping of a context that is in use. Where none can, this does nothing."""
    if sys.version_info >= (3, 12):
        return
    kept: deque[Context] = deque(maxlen=MOST_KEPT)
    copy = copy_context  # at the interpreter's end there are collections when the names of this module are gone

    def keep(phase: str, _: dict[str, Any]) -> None:
        if phase == "start":
            kept.append(copy())

    gc.callbacks.append(keep)
