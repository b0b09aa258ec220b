"""A real server whose clock a test may set."""

import sys
from pathlib import Path
from typing import Any

from running_server import RunningServer

# The server's process with a clock that the test may set: it goes on from the nanoseconds in a file. They are read from
# memory: a file that is opened at each look at the clock gives the interpreter away each time, and holds up the loop.
SERVER = """
import mmap, sys, time
with open(sys.argv[1], "rb") as file:
    offset, real = mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ), time.time_ns
sys.argv[:] = sys.argv[2:]
time.time_ns = lambda: real() + int.from_bytes(offset[:8], "little", signed=True)
from longpole.cli.main import main
sys.exit(main())
"""


class Jumping(RunningServer):
    """A server whose clock can be set."""

    @property
    def offset(self) -> Path:
        """The file that says how many seconds its clock is ahead."""
        return self.folder.parent / "offset"

    def launch(self, *before: str, **how: Any) -> None:
        """Start it, with a clock that is right."""
        self.set_clock(0)
        super().launch(*before, sys.executable, "-c", SERVER, str(self.offset), **how)

    def set_clock(self, ahead_s: int) -> None:
        """Set its clock so many seconds ahead of the machine's."""
        self.offset.touch()
        with self.offset.open("r+b", buffering=0) as file:
            file.write((ahead_s * 10**9).to_bytes(8, "little", signed=True))
