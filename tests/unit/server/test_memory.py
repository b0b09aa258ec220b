"""Large blocks go back to the system, so that what once was needed is not kept for ever."""

import subprocess
import sys

import pytest

BLOCKS, BLOCK_MB = 20, 8

# What a server does with big bodies: they are held beside small things that outlive them.
PROGRAM = f"""
import psutil
from longpole.server.memory import return_large_blocks

if TOLD:
    assert return_large_blocks()
bytes({BLOCK_MB + 1} << 20)
big, small = [], []
for _ in range({BLOCKS}):
    big.append(b"x" * ({BLOCK_MB} << 20))
    small.append(b"x" * 100_000)
big.clear()
print(psutil.Process().memory_info().rss >> 20)
"""


def memory_mb(*, is_told: bool) -> int:
    """Of a process that has freed 160 MB in blocks of 8."""
    program = PROGRAM.replace("TOLD", str(is_told))
    return int(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc keeps large blocks")
def test_memory_of_big_bodies_goes_back_when_they_are_done() -> None:
    assert memory_mb(is_told=True) < memory_mb(is_told=False) - BLOCKS * BLOCK_MB / 2
