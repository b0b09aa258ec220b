"""What REST, command line and dashboard show of keys, workspaces and the audit log."""

from typing import Literal

from msgspec import Struct

from longpole.model.workspace import Right

KeyState = Literal["active", "expired", "revoked"]


class KeyItem(Struct, kw_only=True):
    """A key, without the key itself. `workspace` is null for a key of the whole server.

    `last_used` is known to a minute or so, null if it was never used.
    """

    key_id: str
    title: str
    workspace: str | None
    rights: list[Right]
    state: KeyState
    created: str
    expires: str | None
    revoked: str | None
    last_used: str | None


class KeyPage(Struct, kw_only=True):
    """All keys, the newest first."""

    items: list[KeyItem]


class NewKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to make: a title for people, its workspace ('*' for the whole server), what it opens, how long it holds.

    `expires_in` is a duration such as '90d'; without it the key holds until it is revoked.
    """

    title: str
    workspace: str | None = None
    rights: list[Right]
    expires_in: str | None = None


class MadeKey(Struct, kw_only=True):
    """A key that was just made. `key` is shown here once; nobody can tell it again."""

    key: str
    item: KeyItem


class Session(Struct, kw_only=True):
    """Who is asking. Without keys `key_id`, `title` and `workspace` are null, and everything is allowed.

    `is_login` says that somebody has logged in with the key, so that the way out makes sense.
    """

    key_id: str | None
    title: str | None
    workspace: str | None
    rights: list[Right]
    is_login: bool


class WorkspaceItem(Struct, kw_only=True):
    """A workspace that has a title or a key; data may also be in others."""

    workspace: str
    title: str | None
    keys: int


class WorkspacePage(Struct, kw_only=True):
    """Workspaces by name."""

    items: list[WorkspaceItem]


class AuditItem(Struct, kw_only=True):
    """Who changed what, and when. `status` is the HTTP status of the answer: from 400 on it was refused.

    `workspace` is null for a key of the whole server and where no keys are used; `key_id` and `who` (the title of the
    key) are null where none was shown.
    """

    time: str
    deed: str
    subject: str | None
    key_id: str | None
    who: str | None
    workspace: str | None
    address: str | None
    status: int


class AuditPage(Struct, kw_only=True):
    """Entries of the audit log, the newest first."""

    items: list[AuditItem]
