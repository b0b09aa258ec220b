"""Deletes executions from everywhere: the store, the spool, what is on its way, dead letters, rollups."""

from longpole.ingest.pipeline import Pipeline
from longpole.model import clock
from longpole.model.batch import Batch
from longpole.model.errors import StoreError
from longpole.store.engine import Engine
from longpole.store.removal import Amount, Meant, amount_of, deletions, letters_about, traces_meant
from longpole.store.rollups import refresh_rollups

DRAIN_S = 60.0
WRITE_S = 600.0


def delete_meant(store: Engine, pipeline: Pipeline, meant: Meant, *, width_ns: int) -> Amount:
    """Delete the trees of the executions that are meant; how much that was.

    First everything that waits is stored and leaves the spool, last the database gives back the room, so that none of
    its files holds the content any more. Windows of the rollups are computed again (`width_ns` wide). What retention
    removed before stays in the sums of what is gone, which name agents and steps only. Cost: as copying the database.

    Raises:
        StoreError: the store did not take what waits in the spool, or a write, in time.
    """
    if not pipeline.empty_spool(DRAIN_S):
        raise StoreError(
            f"The spool was not stored within {DRAIN_S:g} seconds. Expected that the store takes what waits, so that "
            "nothing of it comes back. See what GET /healthz says, and delete again; nothing was deleted."
        )
    pairs = traces_meant(store, meant)
    letters = letters_about(store, meant, pairs)
    amount = amount_of(store, pairs, letters)
    if not (pairs or letters):
        return amount
    for batch in deletions(store, pairs, letters):
        pipeline.delete(batch, WRITE_S)
    for _ in refresh_rollups(store, width_ns=width_ns, now_ns=clock.now_ns(), is_thorough=True):
        pass
    store.write(Batch(compact=True))
    return amount
