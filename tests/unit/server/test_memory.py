"""What once was needed is not kept for ever: neither large blocks nor what each thread needed."""

import subprocess
import sys

import pytest

BLOCKS, BLOCK_MB = 20, 8
THREADS, THREAD_MB = 12, 20

# What a server does with big bodies: they are held beside small things that outlive them.
LARGE_BLOCKS = f"""
import psutil
from longpole.server.memory import keep_less_memory

if TOLD:
    assert keep_less_memory()
bytes({BLOCK_MB + 1} << 20)
big, small = [], []
for _ in range({BLOCKS}):
    big.append(b"x" * ({BLOCK_MB} << 20))
    small.append(b"x" * 100_000)
big.clear()
print(psutil.Process().memory_info().rss >> 20)
"""

# What questions do: one after the other needs much for a moment, each in a thread that stays.
MANY_THREADS = f"""
import threading
import psutil
from longpole.server.memory import keep_less_memory

if TOLD:
    assert keep_less_memory()
kept, done, end = [], threading.Semaphore(0), threading.Event()

def work():
    much = [b"x" * 100_000 for _ in range({THREAD_MB * 10})]
    kept.append(b"x" * 100_000)  # lies behind it
    much.clear()
    done.release()
    end.wait()

for _ in range({THREADS}):
    threading.Thread(target=work).start()
    done.acquire()
print(psutil.Process().memory_info().rss >> 20)
end.set()
"""


def memory_mb(program: str, *, is_told: bool) -> int:
    """Of a process that has freed all that it needed."""
    program = program.replace("TOLD", str(is_told))
    return int(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)


glibc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc keeps so much")


@glibc
def test_memory_of_big_bodies_goes_back_when_they_are_done() -> None:
    less = memory_mb(LARGE_BLOCKS, is_told=False) - memory_mb(LARGE_BLOCKS, is_told=True)
    assert less > BLOCKS * BLOCK_MB / 2


@glibc
def test_threads_share_what_each_needed_for_a_moment() -> None:
    less = memory_mb(MANY_THREADS, is_told=False) - memory_mb(MANY_THREADS, is_told=True)
    assert less > THREADS * THREAD_MB / 2
