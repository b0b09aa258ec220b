"""How a process that serves gives memory back to the system."""

import ctypes
import sys

_MMAP_THRESHOLD = -3  # `M_MMAP_THRESHOLD` of <malloc.h>
LARGE_BYTES = 4 * 1024 * 1024
"""Blocks of this size and more go back when they are freed. From 1 MB on, bodies of JSON cost a tenth more."""


def return_large_blocks() -> bool:
    """From now on the C library hands large blocks back as soon as they are freed; says whether it can be told so.

    On its own glibc takes the size of what was freed last for small, up to 32 MB, and keeps holes of that size: after
    fifty bodies of 8 MB that were 290 to 400 MB. See mallopt(3), "dynamic mmap threshold".
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # musl has none, and no such threshold
        return False
    return bool(mallopt(_MMAP_THRESHOLD, LARGE_BYTES))
