"""What a key looks like: `lp_<12 digits: its id>_<48 digits: the secret>`, all hexadecimal.

The store keeps the SHA-256 of a key and no slow hash such as argon2. Slow hashes protect passwords, which people choose
and others can guess. A key has 192 random bits: nobody guesses it from its hash, however fast hashing is, and a
slow one would cost every request of every agent what it costs a guesser.
"""

import hashlib
import re
import secrets

_KEY = re.compile(r"lp_([0-9a-f]{12})_[0-9a-f]{48}")


def make_key() -> tuple[str, str]:
    """A key made just now: its id, and the whole of it."""
    key_id = secrets.token_hex(6)
    return key_id, f"lp_{key_id}_{secrets.token_hex(24)}"


def id_in(key: str) -> str | None:
    """The id in a key; nothing if the text does not look like one."""
    match = _KEY.fullmatch(key)
    return None if match is None else match[1]


def hash_of(key: str) -> str:
    """What the store keeps of a key: its SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()
