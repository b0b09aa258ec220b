"""What could not be read or written: the list, one letter with what it holds, and what became of trying it again."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from longpole.model.clock import to_rfc3339
from longpole.model.errors import NotFound
from longpole.model.intake import DeadLetter
from longpole.reports.filters import LetterFilters
from longpole.store.engine import Engine


class DeadLetterItem(Struct, kw_only=True):
    """One dead letter without what it holds.

    `kind` is `body` (a request that could not be read), `rows` (the store refused them), `spans` (no rows could be made
    of them) or `damage` (bytes of the spool). `workspace` is null where only the content could tell it. `attempts`
    counts how often it failed.
    """

    letter_id: str
    kind: str
    workspace: str | None
    signal: str | None
    body_format: str | None
    reason: str
    size_bytes: int
    received_at: str
    buried_at: str
    attempts: int
    server: str


class DeadLetterPage(Struct, kw_only=True):
    """Dead letters, the one buried last first; `letters` and `size_bytes` count all that match, not only the page."""

    items: list[DeadLetterItem]
    letters: int
    size_bytes: int


class DeadLetterDetail(Struct, kw_only=True):
    """One dead letter with what it holds in base64, and the traceback of its last failure."""

    letter: DeadLetterItem
    traceback: str | None
    content: str


class RetriedLetter(Struct, kw_only=True):
    """What became of a dead letter that was tried again.

    `outcome` is `done` (it is stored, the letter is gone), `failed` (the letter stays, with a new reason), `waiting`
    (nothing is known yet) or `dropped`.
    """

    letter_id: str
    outcome: str
    reason: str | None
    attempts: int


def list_dead_letters(store: Engine, filters: LetterFilters) -> DeadLetterPage:
    """The dead letters that match, at most `filters.limit`."""
    asked = {"workspace": filters.workspace, "kind": filters.kind}
    (count,) = store.rows("dead_letter_count", asked)
    rows = store.rows("dead_letter_list", asked | {"limit": filters.limit})
    return DeadLetterPage(
        items=[_item(row) for row in rows], letters=count["letters"], size_bytes=int(count["size_bytes"])
    )


def dead_letter_of(store: Engine, letter_id: str, workspace: str | None) -> DeadLetter:
    """The letter of this id.

    Raises:
        NotFound: there is none in this workspace.
    """
    rows = store.rows("dead_letter", {"letter_id": letter_id, "workspace": workspace})
    if not rows:
        raise NotFound(
            f"There is no dead letter {letter_id[:60]!r}. Expected an id that 'longpole deadletter list' shows. "
            "It may have succeeded or been dropped meanwhile: list them again."
        )
    return DeadLetter(**rows[0])


def detail_of(letter: DeadLetter) -> DeadLetterDetail:
    """The letter as it is shown alone."""
    row = {name: getattr(letter, name) for name in DeadLetter.__struct_fields__}
    return DeadLetterDetail(letter=_item(row), traceback=letter.traceback, content=letter.content)


def retried(letter: DeadLetter, after: DeadLetter | None, *, outcome: str) -> RetriedLetter:
    """What became of `letter`; `after` is how it was buried again, if it was."""
    last = letter if after is None else after
    return RetriedLetter(
        letter_id=letter.letter_id,
        outcome=outcome,
        reason=None if after is None else after.reason,
        attempts=last.attempts,
    )


def _item(row: Mapping[str, Any]) -> DeadLetterItem:
    return DeadLetterItem(
        letter_id=row["letter_id"],
        kind=row["kind"],
        workspace=row["workspace"],
        signal=row["signal"],
        body_format=row["body_format"],
        reason=row["reason"],
        size_bytes=row["size_bytes"],
        received_at=to_rfc3339(row["received_ns"]),
        buried_at=to_rfc3339(row["buried_ns"]),
        attempts=row["attempts"],
        server=row["server"],
    )
