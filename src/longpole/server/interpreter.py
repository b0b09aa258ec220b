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
    # What was imported lives for ever: it is not looked at. Nobody runs while the collector looks, and of the youngest
    # it looks at all that live: it counts what is new less what is freed, so that rows that come as others go let many
    # gather. With 2,000 steps a second a look took 24 ms at most, and costs no more in all than one at every 10,000
    # (60 to 120 ms). The older are looked at as seldom as that allows: 6 to 21 ms, all of them 12 to 22.
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_500, 20, 10)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval_s)
        gc.unfreeze()  # else what the databases' bindings hold is reported as leaked when the interpreter ends
