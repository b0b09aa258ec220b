"""The four verbs that an engine has."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from longpole.model.batch import Batch
from longpole.store.kept_answers import KeptAnswers


class Engine(Protocol):
    """A database behind the waist. All methods may be called from any thread.

    One thread at a time writes durably; another may publish fresh rows meanwhile.

    `server` names whose spool position a write moves. `is_shared` says whether other servers may write to the same
    database: what one of them publishes the others see, and what one has not seen may be there all the same.
    `publishes_in_memory` says whether fresh rows are in the memory of this process: publishing costs little, and a
    durable write leaves what was published after its batch was made (`Batch.number`).
    `prefers_rollups` says whether days that are over are read faster from rollups than row by row.
    """

    server: str
    is_shared: bool
    publishes_in_memory: bool
    prefers_rollups: bool

    @property
    def kept(self) -> KeptAnswers | None:
        """Answers about days that are over; none where nobody counts what changes of them."""
        ...

    def migrate(self) -> None:
        """Bring the schema to this version, inside a transaction.

        Raises:
            StoreTooNew: the database was made by a newer Longpole.
            StoreLocked: another process holds it; the message says which.
        """
        ...

    def write(self, batch: Batch, *, fresh: bool = False) -> None:
        """Store a batch, all of it or nothing.

        A durable write (`fresh=False`) of a trace also removes that trace's fresh rows, in the same instant for every
        reader. With `fresh=True` the rows are visible to readers at once but may be lost with the process: the spool
        still holds what they came from. A fresh write replaces the fresh rows of the traces it carries and hides the
        stored rows of the pairs in `batch.replace`. Fresh bodies add up until their trace is stored, so that a trace
        can be published again without those that were published before. A fresh write moves no spool position. A trace
        that is published while it is being stored stays as published, until it is stored again.

        A shared database keeps what is published until it is written durably or published again. Of a trace that
        another server writes too, the rows of both stay.

        An agent is one row of `agents` however often it is written: first and last seen widen, later values win.
        So is a process of `processes`, by when it was last heard. A finding takes the place of the one with its id.
        """
        ...

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
        """The answer of a named query as dictionaries, one snapshot of stored and fresh rows together.

        Raises:
            UnknownQuery: no query has this name.
            InvalidInput: the parameters are not exactly those that the query names.
        """
        ...

    def close(self) -> None:
        """Checkpoint and let go of the database. Fresh rows are gone afterwards."""
        ...
