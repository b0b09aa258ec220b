"""What a program without the server's packages is told when it opens a store itself."""

from collections.abc import Generator
from contextlib import contextmanager

from longpole.model.errors import StoreError


@contextmanager
def packages_of_server(what: object = "The store") -> Generator[None]:
    """Around imports of modules that need the packages of `longpole[server]` to open something.

    Raises:
        StoreError: one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise StoreError(
            f"{what} cannot be opened: {error.name} is not installed. Expected the packages of longpole[server]. "
            "Run: pip install 'longpole[server]', or name a running server with --url."
        ) from None
