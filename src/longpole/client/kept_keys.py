"""The keys of a store that this process holds, because no server does."""

from collections.abc import Generator
from contextlib import closing, contextmanager

from longpole.client.key_book import KeptKeyBook, KeyBook
from longpole.ingest.folder_lock import hold_folder
from longpole.settings import Settings, data_folder
from longpole.store.chosen_store import open_kept_store


@contextmanager
def open_kept_keys(settings: Settings) -> Generator[KeyBook]:
    """The keys of a store whose data folder no server holds. Servers that share the database see changes in seconds.

    Raises:
        StoreLocked: a server holds the folder.
    """
    folder = data_folder(settings)
    with hold_folder(folder), closing(open_kept_store(settings, folder)) as store:
        yield KeptKeyBook(store, write=store.write, changed=lambda: None)
