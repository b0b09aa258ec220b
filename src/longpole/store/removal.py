"""Deletes traces on request: which ones are meant, how much that is, and the writes by which nothing of them stays.

Executions are deleted with the whole tree that they belong to: what a caller passed on stands in its callees too.
"""

import base64
import re
from collections.abc import Generator, Iterator, Sequence

import msgspec
from msgspec import Struct

from longpole.model.batch import Batch
from longpole.model.finding import Finding
from longpole.model.intake import DeadLetter
from longpole.store.engine import Engine

AT_ONCE = 5000
_LARGEST = 2**63 - 1
_MOST_LETTERS = 100_000
_TRACE_ID = re.compile(r"[0-9a-f]{32}")

Pair = tuple[str, str]
"""A workspace and a trace id."""


class Meant(Struct, frozen=True, kw_only=True):
    """Which executions are meant: all that is given must hold. `before_ns` is about when they started."""

    workspace: str | None = None
    root_execution_id: str | None = None
    session: str | None = None
    user: str | None = None
    before_ns: int | None = None


class Amount(Struct, kw_only=True):
    """How many rows belong to some traces, and how many dead letters tell of them."""

    traces: int = 0
    executions: int = 0
    running: int = 0
    steps: int = 0
    events: int = 0
    bodies: int = 0
    scores: int = 0
    dead_letters: int = 0


def traces_meant(store: Engine, meant: Meant) -> list[Pair]:
    """The traces of all trees in which an execution is meant."""
    asked = {
        "workspace": meant.workspace,
        "root_execution_id": meant.root_execution_id,
        "session": meant.session,
        "user": meant.user,
        "before_ns": _LARGEST if meant.before_ns is None else meant.before_ns,
    }
    return [(row["workspace"], row["trace_id"]) for row in store.rows("traces_to_delete", asked)]


def amount_of(store: Engine, pairs: Sequence[Pair], letters: Sequence[DeadLetter]) -> Amount:
    """How much there is of the traces."""
    amount = Amount(traces=len(pairs), dead_letters=len(letters))
    for chunk in _chunks(pairs):
        counts = store.rows("deletion_counts", {"traces": _named(chunk)})[0]
        for name, count in counts.items():
            setattr(amount, name, getattr(amount, name) + int(count))
    return amount


def count_meant(store: Engine, meant: Meant) -> Amount:
    """How much a deletion would take with it, as far as it can be seen now."""
    pairs = traces_meant(store, meant)
    return amount_of(store, pairs, letters_about(store, meant, pairs))


def letters_about(store: Engine, meant: Meant, pairs: Sequence[Pair]) -> list[DeadLetter]:
    """The dead letters that hold something of the traces, or that name the session or user, or are as old as is meant.

    Cost: all dead letters are read.
    """
    asked = {"workspace": None, "kind": None, "limit": _MOST_LETTERS}
    ids = {trace_id for _, trace_id in pairs}
    words = [text.encode() for text in (meant.session, meant.user) if text]
    found: list[DeadLetter] = []
    for row in store.rows("dead_letter_list", asked):
        if meant.workspace is not None and row["workspace"] not in (None, meant.workspace):
            continue
        is_old = meant.before_ns is not None and not words and row["received_ns"] < meant.before_ns
        letters = store.rows("dead_letter", {"letter_id": row["letter_id"], "workspace": None})
        about = (letter for letter in letters if is_old or _is_about(letter["content"], ids, words))
        found.extend(msgspec.convert(letter, DeadLetter) for letter in about)
    return found


def deletions(store: Engine, pairs: Sequence[Pair], letters: Sequence[DeadLetter]) -> Iterator[Batch]:
    """The writes that delete traces and letters, each of some thousand traces."""
    if letters:
        yield Batch(removed=[*letters])
    for chunk in _chunks(pairs):
        rows = store.rows("findings_of_traces", {"traces": _named(chunk)})
        yield Batch(replace=chunk, forget=chunk, removed=[msgspec.convert(row, Finding) for row in rows])


def _is_about(content: str, trace_ids: set[str], words: Sequence[bytes]) -> bool:
    body = base64.b64decode(content)
    if any(word in body for word in words):
        return True
    if not trace_ids.isdisjoint(_TRACE_ID.findall(body.decode("latin-1").lower())):
        return True
    return any(bytes.fromhex(trace_id) in body for trace_id in trace_ids if _TRACE_ID.fullmatch(trace_id))


def _named(pairs: Sequence[Pair]) -> list[str]:
    return [f"{workspace} {trace_id}" for workspace, trace_id in pairs]


def _chunks(pairs: Sequence[Pair]) -> Generator[list[Pair], None, None]:
    for start in range(0, len(pairs), AT_ONCE):
        yield [*pairs[start : start + AT_ONCE]]
