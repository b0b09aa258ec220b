"""One server for one data folder: its spool must have one writer, wherever the database is."""

import json
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from longpole.model.errors import StoreError, StoreLocked

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(1 << 30)  # far behind the number, which others may then read
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)

else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


LOCK_FILE = "server.lock"
STATE_FILE = "server.json"


@contextmanager
def hold_folder(folder: Path) -> Generator[None]:
    """Make the folder if it is missing, and hold it until the end of the block or of the process.

    Raises:
        StoreLocked: another process holds it; the message names it.
        StoreError: the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = (folder / LOCK_FILE).open("a+b")
    except OSError as error:
        raise StoreError(
            f"The data folder {folder} cannot be used: {error.strerror}. Expected a folder that can be read and "
            "written. Make it so, or choose another with --data or LONGPOLE_DATA_FOLDER."
        ) from error
    with file:
        try:
            _lock(file)
        except OSError:
            raise _held(folder, file) from None
        _note_holder(file)
        yield


def _note_holder(file: BinaryIO) -> None:
    try:
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
    except OSError:  # a full disk: the lock holds all the same, only its holder is not named
        return


def _held(folder: Path, file: BinaryIO) -> StoreLocked:
    file.seek(0)
    holder = file.read(20).decode("ascii", errors="replace") or "unknown"
    try:
        where = f" ({json.loads((folder / STATE_FILE).read_bytes())['url']})"
    except (OSError, ValueError, KeyError, TypeError):
        where = ""
    return StoreLocked(
        f"{folder} is held by the process {holder}{where}. Expected a data folder that no other process holds. "
        "Ask that server over HTTP, stop it, or choose another folder with --data."
    )
