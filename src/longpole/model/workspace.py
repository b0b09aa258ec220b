"""Whose data it is, and who may see it: workspaces, keys, and what people keep in them."""

from typing import Literal

from msgspec import Struct

Right = Literal["ingest", "read", "admin"]
"""What a key opens: sending, reading, and everything else: what changes what is stored. The last one opens all."""

RIGHTS: tuple[Right, ...] = ("ingest", "read", "admin")

EVERY_WORKSPACE = "*"
"""In place of the name of one workspace: the whole server."""


class Workspace(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `workspaces`. Data may be in a workspace that has no row: a row only adds a title."""

    workspace: str
    title: str | None = None
    created_ns: int


class AccessKey(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `keys`. Of the key itself only its SHA-256 is kept, as hexadecimal text.

    `workspace` is `EVERY_WORKSPACE` for a key of the whole server. `scope` has the rights, separated by
    spaces. `revoked_ns` is when it stopped to open anything. `opened_by` is the key that somebody logged in with, where
    this one is the session of a browser: it ends with the other.
    """

    key_id: str
    workspace: str
    key_hash: str
    scope: str
    title: str | None = None
    created_ns: int
    expires_ns: int | None = None
    revoked_ns: int | None = None
    opened_by: str | None = None


class KeyUse(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `key_uses`: when a key was used last, known to a minute or so.

    It is no column of `keys`, so that a server which notes a use never brings back a key that another has revoked.
    """

    key_id: str
    last_used_ns: int


class AuditEntry(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `audit_log`: who changed what, and when.

    `workspace` is the one of the key, `EVERY_WORKSPACE` for a key of the whole server and where no keys are used.
    `key_id` and `who` (its title) name the key; both are absent where none was shown. `deed` is dotted, such as
    `key.create`. `subject` is what it was done to, `address` where it was asked from, `status` the HTTP status of the
    answer: from 400 on it was refused.
    """

    entry_id: str
    at_ns: int
    workspace: str
    key_id: str | None = None
    who: str | None = None
    deed: str
    subject: str | None = None
    address: str | None = None
    status: int


class SavedView(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `saved_views`: filters and columns of a page under a name; `view` is a JSON object."""

    workspace: str
    view_id: str
    page: str
    title: str
    view: str
    changed_ns: int


class AlertRule(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `alert_rules`; `rule` is a JSON object: what is watched, when it fires, who is told."""

    workspace: str
    rule_id: str
    title: str
    rule: str
    is_enabled: bool
    changed_ns: int
