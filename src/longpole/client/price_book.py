"""The own prices of a running server or of a store that nobody holds: look, set, remove, price stored calls again."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from longpole.client.answers import server_or_store
from longpole.client.installed import packages_of_server
from longpole.client.over_http import HttpDoor
from longpole.model.batch import Batch
from longpole.model.price import Price
from longpole.reports.cost_views import NewPrice, PriceBookPage, PriceItem, Repriced
from longpole.reports.own_prices import (
    RepriceFilters,
    page_of,
    price_item,
    price_of,
    prices_named,
    read_reprice,
)
from longpole.settings import Settings, data_folder
from longpole.store.own_prices import own_prices

if TYPE_CHECKING:
    from longpole.store.engine import Engine

REPRICE_TIMEOUT_S = 3600.0
"""So long is waited for stored calls to be priced again."""

Pairs = Sequence[tuple[str, str]]


class PriceBook:
    """The own prices of a store.

    Args:
        store: where they are.
        public_version: the list of prices for every other model.
        write: stores a batch durably.
        take: lets these own prices hold for what arrives from now on.
        reprice: prices stored calls again.
    """

    def __init__(
        self,
        store: "Engine",
        *,
        public_version: str,
        write: Callable[[Batch], None],
        take: Callable[[Iterable[Price]], None],
        reprice: Callable[[RepriceFilters], Repriced],
    ) -> None:
        self._store = store
        self._public_version = public_version
        self._write = write
        self._take = take
        self._reprice = reprice

    def prices(self, workspace: str | None) -> PriceBookPage:
        """What `GET /api/prices` answers."""
        return page_of(own_prices(self._store), workspace, self._public_version)

    def set_price(self, new: NewPrice) -> PriceItem:
        """What `PUT /api/prices` answers: the price as it is kept. It holds for what arrives from now on."""
        price = price_of(new)
        self._write(Batch(records=[price]))
        self._take(own_prices(self._store))
        return price_item(price)

    def remove(self, filters: Pairs) -> PriceBookPage:
        """What `DELETE /api/prices` answers: the prices that are gone."""
        gone = prices_named(self._store, filters)
        self._write(Batch(removed=[*gone]))
        self._take(own_prices(self._store))
        return page_of(gone, None, self._public_version)

    def recompute(self, filters: Pairs) -> Repriced:
        """What `POST /api/prices/recompute` answers: what pricing stored calls again changed."""
        return self._reprice(read_reprice(filters))


class HttpPriceBook:
    """The own prices of the server behind a door."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door

    def prices(self, workspace: str | None) -> PriceBookPage:
        """`GET /api/prices`."""
        pairs = [] if workspace is None else [("workspace", workspace)]
        return self._door.request("GET", "/api/prices", pairs, PriceBookPage)

    def set_price(self, new: NewPrice) -> PriceItem:
        """`PUT /api/prices`."""
        return self._door.request("PUT", "/api/prices", [], PriceItem, body=msgspec.json.encode(new))

    def remove(self, filters: Pairs) -> PriceBookPage:
        """`DELETE /api/prices`."""
        return self._door.request("DELETE", "/api/prices", filters, PriceBookPage)

    def recompute(self, filters: Pairs) -> Repriced:
        """`POST /api/prices/recompute`."""
        path = "/api/prices/recompute"
        return self._door.request("POST", path, filters, Repriced, timeout_s=REPRICE_TIMEOUT_S)


@contextmanager
def open_price_book(settings: Settings) -> Generator[PriceBook | HttpPriceBook]:
    """The own prices of the server at `settings.url`, else of the one that serves the data folder, else of the store
    that `settings.store` names, else of the database file of the folder.

    Raises:
        ServerUnreachable: no server answers and there is no store.
        StoreLocked: the store is held by a process that does not answer.
    """
    door = server_or_store(settings)
    if door is not None:
        yield HttpPriceBook(door)
        return
    with packages_of_server(data_folder(settings)):
        from longpole.client.kept_prices import open_kept_prices  # noqa: PLC0415 - needs packages of the server extra
    with open_kept_prices(settings) as book:
        yield book
