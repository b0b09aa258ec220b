"""Settings of Python's interpreter for a process that serves: an event loop beside two threads that compute."""

import gc
import sys
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def tuned_interpreter() -> Generator[None]:
    """For as long as the block runs, the whole process collects garbage and switches threads as a server should."""
    interval_s, thresholds = sys.getswitchinterval(), gc.get_threshold()
    # A thread that computes keeps the loop waiting this long, once for every socket with something to read (the default
    # is 5 ms). With 1 ms and fifty senders of 8 MB a round of the loop took 340 ms, with this 70 to 110.
    sys.setswitchinterval(0.0002)
    # What was imported lives for ever, and rows on their way are no cycles: look for cycles in neither too often. But
    # nobody runs meanwhile: to look through 50,000 of them with what they hold took up to 104 ms, through 10,000 at
    # most 23. With Python's own settings a span costs 6 us more, with these no more than with 50,000.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 1_000, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval_s)
        gc.unfreeze()  # else what the databases' bindings hold is reported as leaked when the interpreter ends
