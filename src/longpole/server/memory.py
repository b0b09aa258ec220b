"""How a process that serves gives memory back to the system."""

import ctypes
import sys

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # `M_MMAP_THRESHOLD` and `M_ARENA_MAX` of <malloc.h>
LARGE_BYTES = 4 * 1024 * 1024
"""Blocks of this size and more go back when they are freed. From 1 MB on, bodies of JSON cost a tenth more."""
ARENAS = 2
"""Heaps that all threads share. What a heap once needed it mostly keeps; on its own glibc makes eight for each core."""


def keep_less_memory() -> bool:
    """From now on the C library keeps less of what is freed; says whether it can be told so. Before threads begin.

    On its own glibc takes the size of what was freed last for small, up to 32 MB, and keeps holes of that size: after
    fifty bodies of 8 MB that were 290 to 400 MB. And it gives threads heaps of their own, each of which grows to the
    most that any of its threads ever needed at once. See mallopt(3), "dynamic mmap threshold" and "M_ARENA_MAX".
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # musl has none, no such threshold and one heap
        return False
    return bool(mallopt(_MMAP_THRESHOLD, LARGE_BYTES)) and bool(mallopt(_ARENA_MAX, ARENAS))
