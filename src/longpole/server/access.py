"""Who asks, as every door sees it: one workspace or all of them, and what may be done there."""

from collections.abc import Mapping
from typing import cast

from msgspec import Struct

from longpole.model.errors import NotFound
from longpole.model.workspace import RIGHTS, Right

SCOPE_NAME = "longpole.access"
"""Where the guard in front of all doors leaves an `Access` in the ASGI scope."""

SUBJECT_NAME = "longpole.subject"
"""Where a door leaves what it changed, for the audit log, if its address does not say it."""


class Access(Struct, frozen=True, kw_only=True):
    """What one request may do.

    Attributes:
        key_id: the key that was shown; nothing where no keys are used.
        workspace: the only one that is seen; nothing where all are.
        rights: what may be done.
        who: the title of the key, for people.
    """

    key_id: str | None = None
    workspace: str | None = None
    rights: frozenset[Right] = frozenset(RIGHTS)
    who: str | None = None


EVERYTHING = Access()
"""What this machine may do while there are no keys."""

NOBODY = Access(rights=frozenset())
"""What may be done without a key where keys are used: what is open to everyone, and nothing else."""


def access_of(scope: Mapping[str, object]) -> Access:
    """What the request or WebSocket of an ASGI scope may do."""
    return cast("Access", scope.get(SCOPE_NAME, EVERYTHING))


def note_subject(scope: Mapping[str, object], subject: str) -> None:
    """Tell the audit log what a request has changed, where its address does not say it."""
    cast("dict[str, object]", scope)[SUBJECT_NAME] = subject


def own_workspace(scope: Mapping[str, object], named: str | None) -> str | None:
    """The workspace that a request is about which names one in its body: the key decides, if it is of one workspace.

    Raises:
        NotFound: it names another than the one of its key. Whether that exists is not said.
    """
    mine = access_of(scope).workspace
    if mine is None:
        return named
    if named is not None and named != mine:
        raise foreign_workspace(named)
    return mine


def foreign_workspace(named: str) -> NotFound:
    """What is said of every workspace that a key does not open, whether it exists or not."""
    return NotFound(
        f"This key sees no workspace {named[:60]!r}. Expected the workspace of the key. "
        "Leave the workspace out, or use a key of that one."
    )
