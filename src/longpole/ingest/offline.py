"""A pipeline without a server: for commands that bring something back into a data folder that nobody serves."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from longpole.ingest.assemble import Recogniser
from longpole.ingest.folder_lock import hold_folder
from longpole.ingest.noise import open_noise
from longpole.ingest.pipeline import Pipeline, stored_position
from longpole.ingest.prices import Prices
from longpole.ingest.spool import Spool
from longpole.settings import Settings
from longpole.store.chosen_store import open_kept_store
from longpole.store.engine import Engine
from longpole.store.own_prices import own_prices

LETTERS_FOLDER = "dead-letters"
SPOOL_FOLDER = "spool"


@contextmanager
def open_offline(settings: Settings, folder: Path) -> Generator[tuple[Engine, Pipeline]]:
    """The store of a data folder and a pipeline that runs on its spool; at the end everything is stored.

    Where the store is elsewhere, servers with other data folders may use it meanwhile.

    Raises:
        StoreLocked: a server holds the folder.
        InvalidInput: the file of the setting `noise_rules` cannot be used.
    """
    with open_offline_spool(settings, folder) as (store, pipeline, _):
        yield store, pipeline


@contextmanager
def open_offline_spool(settings: Settings, folder: Path) -> Generator[tuple[Engine, Pipeline, Spool]]:
    """The same with the spool, for what is to come in."""
    noise = open_noise(settings.noise_rules)
    with ExitStack() as stack:
        stack.enter_context(hold_folder(folder))
        store = open_kept_store(settings, folder)
        stack.callback(store.close)
        spool = Spool.open(folder / SPOOL_FOLDER, after=stored_position(store))
        stack.callback(spool.close)
        recogniser = Recogniser(prices=Prices(own=own_prices(store)))
        letters = folder / LETTERS_FOLDER
        pipeline = Pipeline(store, spool, dead_letters=letters, recogniser=recogniser, noise=noise)
        stack.callback(pipeline.close)
        pipeline.start()
        yield store, pipeline, spool
