"""The secret with which hashed content is keyed, one per workspace, kept beside the spool.

Equal values give equal hashes on this machine, and nobody without the file can find a value by trying.
"""

import os
from hashlib import blake2b
from pathlib import Path

KEY_BYTES = 32


def hash_key(folder: Path | None, workspace: str) -> bytes:
    """The key of a workspace, made at first use. Where it cannot be kept it is a new one for this process."""
    if folder is None:
        return os.urandom(KEY_BYTES)
    name = workspace.encode("utf-8", "backslashreplace")
    file = folder / f"hash-{blake2b(name, digest_size=6).hexdigest()}.key"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _read(file)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(os.urandom(KEY_BYTES))
        return _read(file)
    except OSError:
        return os.urandom(KEY_BYTES)


def _read(file: Path) -> bytes:
    key = file.read_bytes()
    return key if len(key) == KEY_BYTES else os.urandom(KEY_BYTES)
