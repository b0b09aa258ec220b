"""A real server whose clock a test may set."""

import sys
from pathlib import Path
from typing import Any

from running_server import RunningServer

# The server's process with a clock that the test may set: it goes on from the number of seconds in a file.
SERVER = """
import sys, time
from pathlib import Path
offset, real = Path(sys.argv[1]), time.time_ns
sys.argv[:] = sys.argv[2:]
time.time_ns = lambda: real() + int(offset.read_text() or 0) * 10**9
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
        draft = self.offset.with_suffix(".draft")
        draft.write_text(str(ahead_s))
        draft.replace(self.offset)
