"""Whose data it is, and who may see it: workspaces, keys, and what people keep in them."""

from msgspec import Struct


class Workspace(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `workspaces`. Data may be in a workspace that has no row: a row only adds a title."""

    workspace: str
    title: str | None = None
    created_ns: int


class AccessKey(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `keys`. Of the key itself only its SHA-256 is kept, as hexadecimal text.

    `scope` says what the key opens: `send`, `read` or `admin`. `revoked_ns` is when it stopped to open anything.
    """

    key_id: str
    workspace: str
    key_hash: str
    scope: str
    title: str | None = None
    created_ns: int
    expires_ns: int | None = None
    revoked_ns: int | None = None


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
