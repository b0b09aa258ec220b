"""The keys of a store in memory, so that a request is checked without asking it: a look-up, a hash, a comparison."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from hmac import compare_digest

import msgspec
from msgspec import Struct

from longpole.model.batch import Batch
from longpole.model.clock import now_ns, to_rfc3339
from longpole.model.key_text import id_in, make_key
from longpole.model.workspace import EVERY_WORKSPACE, RIGHTS, AccessKey, KeyUse, Right
from longpole.server.access import Access
from longpole.store.engine import Engine

RELOAD_EVERY_S = 2.0
"""So late is seen what another server did to the keys."""

CATCH_UP_EVERY_S = 0.5
NOTE_USES_EVERY_S = 60.0
ALL_RIGHTS: frozenset[Right] = frozenset(RIGHTS)
_NO_DIGEST = bytes(32)

_log = logging.getLogger("longpole.keys")


class KnownKey(Struct, kw_only=True, eq=False):
    """A key as the server knows it; `used_ns` is the last time that it was shown here."""

    access: Access
    digest: bytes
    opened_by: str | None = None
    expires_ns: int | None = None
    revoked_ns: int | None = None
    used_ns: int = 0

    def trouble(self, now: int) -> str | None:
        """Why the key opens nothing any more; nothing if it does."""
        if self.revoked_ns is not None:
            return f"The key {self.access.key_id} was revoked at {to_rfc3339(self.revoked_ns)[:19]}Z."
        if self.expires_ns is not None and now >= self.expires_ns:
            return f"The key {self.access.key_id} ended at {to_rfc3339(self.expires_ns)[:19]}Z."
        return None


class KeyRing:
    """The keys of a store. `find` is for the event loop, the rest may be called by any thread."""

    def __init__(
        self,
        store: Engine,
        *,
        is_always_needed: bool = False,
        write: Callable[[Batch], None] | None = None,
        now: Callable[[], int] = now_ns,
    ) -> None:
        """Reads the keys.

        Args:
            store: where they are.
            is_always_needed: whether a key must be shown even where there is none.
            write: stores when keys were used; without it that is not noted.
            now: the time in nanoseconds since 1970.
        """
        self._store = store
        self._is_always_needed = is_always_needed
        self._write = write or store.write
        self._now = now
        self._noted_ns: dict[str, int] = {}
        key_id, self.own_key = make_key()
        self._own = KnownKey(access=Access(key_id=key_id, who="this machine"), digest=_digest(self.own_key))
        self._known: dict[str, KnownKey] = {}
        self.are_needed = True
        self._closing = threading.Event()
        self._loading = threading.Lock()
        self._caught_up_s = -CATCH_UP_EVERY_S
        self._thread = threading.Thread(target=self._run, name="longpole-keys", daemon=True)
        self.reload()

    def find(self, key: str) -> KnownKey | None:
        """The key if it is one of the store or `own_key`, which programs on this machine find in `server.json`.

        It may have ended: ask its `trouble`. Which part of a key is wrong cannot be told by the time this takes: its id
        is no secret, and what is secret is compared as a hash, all of it.
        """
        key_id = id_in(key)
        known = None if key_id is None else self._known.get(key_id)
        if not compare_digest(_digest(key), _NO_DIGEST if known is None else known.digest) or known is None:
            return None
        known.used_ns = self._now()
        return known

    def holds(self, key: str) -> bool:
        """Whether a key that was let through still opens something."""
        known = self._known.get(id_in(key) or "")
        return known is not None and self.trouble(known) is None

    def trouble(self, known: KnownKey) -> str | None:
        """Why a key opens nothing any more; nothing if it does."""
        return known.trouble(self._now())

    def sessions(self) -> list[AccessKey]:
        """The sessions of browsers that are stored."""
        rows = [msgspec.convert(row, AccessKey) for row in self._store.rows("every_keys")]
        return [row for row in rows if row.opened_by is not None]

    def ended_sessions(self) -> list[AccessKey]:
        """Those that open nothing any more, as far as this server knows them."""
        known = self._known
        return [row for row in self.sessions() if row.key_id in known and self.trouble(known[row.key_id])]

    @property
    def may_be_late(self) -> bool:
        """Whether another server may have made a key that is not known here yet."""
        return self._store.is_shared

    def catch_up(self) -> None:
        """Read the keys again unless that was done a moment ago, for a key that may have been made elsewhere."""
        if time.monotonic() - self._caught_up_s >= CATCH_UP_EVERY_S:
            self._caught_up_s = time.monotonic()
            self._quietly(self.reload)

    def reload(self) -> None:
        """Read the keys again: after a change, and what other servers changed."""
        with self._loading:
            rows = [msgspec.convert(row, AccessKey) for row in self._store.rows("every_keys")]
            before = self._known
            known = {row.key_id: _known(row) for row in rows} | {str(self._own.access.key_id): self._own}
            for key_id, key in known.items():
                _end_with_opener(key, known)
                if key_id in before:
                    key.used_ns = before[key_id].used_ns
            self.are_needed = self._is_always_needed or any(_counts(row) for row in rows)
            self._known = known

    def start(self) -> None:
        """Begin to follow what other servers change, and to note when keys are used."""
        self._thread.start()

    def close(self, timeout_s: float = 1.0) -> None:
        """Stop that; what was used until now is noted before."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def note_uses(self) -> None:
        """Store when keys were used, of those that were since this was done last."""
        used: dict[str, int] = {}
        for known in self._known.values():  # what a session does its key does
            key_id = str(known.access.key_id)
            if known.used_ns and key_id != self._own.access.key_id:
                used[key_id] = max(used.get(key_id, 0), known.used_ns)
        fresh = {key_id: at_ns for key_id, at_ns in used.items() if at_ns > self._noted_ns.get(key_id, 0)}
        if fresh:
            self._write(Batch(records=[KeyUse(key_id=name, last_used_ns=at_ns) for name, at_ns in fresh.items()]))
            self._noted_ns |= fresh

    def _run(self) -> None:
        waited_s = 0.0
        while not self._closing.wait(RELOAD_EVERY_S):
            waited_s += RELOAD_EVERY_S
            if self._store.is_shared:
                self._quietly(self.reload)
            if waited_s >= NOTE_USES_EVERY_S:
                waited_s = 0.0
                self._quietly(self.note_uses)
        self._quietly(self.note_uses)

    def _quietly(self, deed: Callable[[], None]) -> None:
        """A store that is away is tried again; the keys that are known hold until then."""
        try:
            deed()
        except Exception as error:
            _log.warning("the keys could not be followed: %s: %s", type(error).__name__, error)


def _known(row: AccessKey) -> KnownKey:
    rights: frozenset[Right] = frozenset(right for right in RIGHTS if right in row.scope.split())
    return KnownKey(
        access=Access(
            key_id=row.opened_by or row.key_id,
            workspace=None if row.workspace == EVERY_WORKSPACE else row.workspace,
            rights=ALL_RIGHTS if "admin" in rights else rights,
            who=row.title,
        ),
        digest=bytes.fromhex(row.key_hash),
        opened_by=row.opened_by,
        expires_ns=row.expires_ns,
        revoked_ns=row.revoked_ns,
    )


def _end_with_opener(session: KnownKey, known: dict[str, KnownKey]) -> None:
    if session.opened_by is None:
        return
    opener = known.get(session.opened_by)
    ends = [time_ns for time_ns in (session.expires_ns, opener and opener.expires_ns) if time_ns is not None]
    session.expires_ns = 0 if opener is None else min(ends, default=None)
    session.revoked_ns = session.revoked_ns or (opener.revoked_ns if opener else None)


def _counts(row: AccessKey) -> bool:
    """Whether a key makes keys necessary: an expired one does, so that time alone opens nothing."""
    return row.revoked_ns is None and row.opened_by is None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
