"""Keys and the audit log between the store and people: which rows are shown as what, and what a new key may be."""

from collections import Counter
from typing import Any

import msgspec
from msgspec import Struct

from longpole.model.clock import to_rfc3339
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.key_text import hash_of, make_key
from longpole.model.workspace import EVERY_WORKSPACE, RIGHTS, AccessKey, Right, Workspace
from longpole.reports.filter_values import (
    LATEST_NS,
    LIMIT,
    SCOPE,
    Filter,
    Pairs,
    limit_of,
    read_duration_ns,
    read_given,
    time_ns_of,
)
from longpole.reports.key_views import (
    AuditItem,
    AuditPage,
    KeyItem,
    KeyPage,
    KeyState,
    NewKey,
    WorkspaceItem,
    WorkspacePage,
)
from longpole.store.engine import Engine

DEFAULT_WORKSPACE = "default"
LONGEST_NAME = 128

AUDIT_FILTERS = (
    SCOPE[0],
    Filter(name="deed", meaning="Only what was done so, such as key.create.", example="key.create"),
    Filter(name="key", meaning="Only what was done with this key.", example="0a1b2c3d4e5f"),
    Filter(name="from", meaning="At this time or later, RFC 3339.", example="2026-11-21T00:00:00Z"),
    Filter(name="to", meaning="Before this time, RFC 3339.", example="2026-11-22T00:00:00Z"),
    LIMIT,
)
"""The filters of `GET /api/audit-log`."""


class Made(Struct, frozen=True):
    """A new key, and the row that is kept of it."""

    key: str
    row: AccessKey


def stored_keys(store: Engine, workspace: str | None = None) -> list[AccessKey]:
    """The keys of a workspace, or all of them, without the sessions of browsers; the newest first."""
    rows = [msgspec.convert(row, AccessKey) for row in store.rows("every_keys")]
    shown = [row for row in rows if row.opened_by is None and workspace in (None, row.workspace)]
    return sorted(shown, key=lambda row: (-row.created_ns, row.key_id))


def list_keys(store: Engine, workspace: str | None, now: int) -> KeyPage:
    """The keys of a workspace, or all of them."""
    used = {row["key_id"]: row["last_used_ns"] for row in store.rows("every_key_uses")}
    return KeyPage(items=[key_item(row, now, used.get(row.key_id)) for row in stored_keys(store, workspace)])


def key_named(store: Engine, key_id: str, workspace: str | None) -> AccessKey:
    """The key of an id, in a workspace if one is given.

    Raises:
        NotFound: there is none.
    """
    found = next((row for row in stored_keys(store, workspace) if row.key_id == key_id), None)
    if found is None:
        raise NotFound(
            f"There is no key {key_id[:60]!r}. Expected the id of a key, 12 digits and letters. "
            "'longpole keys list' has them."
        )
    return found


def key_item(row: AccessKey, now: int, used_ns: int | None = None) -> KeyItem:
    """The view of a row of `keys`."""
    return KeyItem(
        key_id=row.key_id,
        title=row.title or "",
        workspace=None if row.workspace == EVERY_WORKSPACE else row.workspace,
        rights=rights_of(row),
        state=_state(row, now),
        created=to_rfc3339(row.created_ns),
        expires=_time(row.expires_ns),
        revoked=_time(row.revoked_ns),
        last_used=_time(used_ns),
    )


def rights_of(row: AccessKey) -> list[Right]:
    """What a key opens, as it was made; `admin` opens the others too."""
    return [right for right in RIGHTS if right in row.scope.split()]


def make_row(new: NewKey, now: int) -> Made:
    """A key as it was asked for.

    Raises:
        InvalidInput: it has no title or no right, or the time it holds cannot be read.
    """
    if not new.title.strip() or len(new.title) > LONGEST_NAME:
        raise InvalidInput(
            f"The key's title is {new.title[:60]!r}. Expected up to {LONGEST_NAME} letters that say who uses it. "
            "Name it like 'claims agents'."
        )
    if not new.rights:
        raise InvalidInput(f"The key opens nothing. Expected one or more of {', '.join(RIGHTS)}. Add 'rights'.")
    workspace = new.workspace or DEFAULT_WORKSPACE
    if len(workspace) > LONGEST_NAME:
        raise InvalidInput(
            f"The workspace {workspace[:60]!r} has {len(workspace)} letters. Expected at most {LONGEST_NAME}. "
            "Shorten it."
        )
    key_id, key = make_key()
    return Made(
        key,
        AccessKey(
            key_id=key_id,
            workspace=workspace,
            key_hash=hash_of(key),
            scope=" ".join(right for right in RIGHTS if right in new.rights),
            title=new.title.strip(),
            created_ns=now,
            expires_ns=_end_of(new.expires_in, now),
        ),
    )


def list_workspaces(store: Engine, workspace: str | None) -> WorkspacePage:
    """The workspaces that have a title or a key that was not revoked."""
    titles = {row.workspace: row.title for row in _titled(store)}
    counts = Counter(row.workspace for row in stored_keys(store) if row.revoked_ns is None)
    names = sorted({*titles, *counts, DEFAULT_WORKSPACE} - {EVERY_WORKSPACE})
    return WorkspacePage(
        items=[
            WorkspaceItem(workspace=name, title=titles.get(name), keys=counts[name])
            for name in names
            if workspace in (None, name)
        ]
    )


def audit_page(store: Engine, pairs: Pairs) -> AuditPage:
    """The entries of the audit log that names and texts describe, the newest first.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    given = read_given(pairs, AUDIT_FILTERS)
    asked = {
        "workspace": given.get("workspace"),
        "deed": given.get("deed"),
        "key_id": given.get("key"),
        "from_ns": time_ns_of("from", given.get("from"), default=0),
        "to_ns": time_ns_of("to", given.get("to"), default=LATEST_NS),
        "limit": limit_of(given.get("limit")),
    }
    return AuditPage(items=[_audit_item(row) for row in store.rows("audit_entries", asked)])


def _audit_item(row: dict[str, Any]) -> AuditItem:
    return AuditItem(
        time=to_rfc3339(row["at_ns"]),
        deed=row["deed"],
        subject=row["subject"],
        key_id=row["key_id"],
        who=row["who"],
        workspace=None if row["workspace"] == EVERY_WORKSPACE else row["workspace"],
        address=row["address"],
        status=row["status"],
    )


def _titled(store: Engine) -> list[Workspace]:
    return [msgspec.convert(row, Workspace) for row in store.rows("every_workspaces")]


def _end_of(expires_in: str | None, now: int) -> int | None:
    if expires_in is None:
        return None
    return min(now + read_duration_ns("expires_in", expires_in), LATEST_NS)


def _state(row: AccessKey, now: int) -> KeyState:
    if row.revoked_ns is not None:
        return "revoked"
    return "expired" if row.expires_ns is not None and row.expires_ns <= now else "active"


def _time(time_ns: int | None) -> str | None:
    return None if time_ns is None else to_rfc3339(time_ns)
