"""A pipeline without a server: for commands that bring something back into a data folder that nobody serves."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from longpole.ingest.folder_lock import hold_folder
from longpole.ingest.pipeline import Pipeline, stored_position
from longpole.ingest.spool import Spool
from longpole.store.engine import Engine
from longpole.store.store import open_store

LETTERS_FOLDER = "dead-letters"
SPOOL_FOLDER = "spool"


@contextmanager
def open_offline(folder: Path, database: str) -> Generator[tuple[Engine, Pipeline]]:
    """The store of a data folder and a pipeline that runs on its spool; at the end everything is stored.

    Raises:
        StoreLocked: a server holds the folder.
    """
    with ExitStack() as stack:
        stack.enter_context(hold_folder(folder))
        store = open_store(folder / database)
        stack.callback(store.close)
        spool = Spool.open(folder / SPOOL_FOLDER, after=stored_position(store))
        stack.callback(spool.close)
        pipeline = Pipeline(store, spool, dead_letters=folder / LETTERS_FOLDER)
        stack.callback(pipeline.close)
        pipeline.start()
        yield store, pipeline
