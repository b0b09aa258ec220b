"""The own prices that a store holds."""

import msgspec

from longpole.model.price import Price
from longpole.store.engine import Engine


def own_prices(store: Engine) -> list[Price]:
    """All own prices, by workspace, provider, model and time."""
    return [msgspec.convert(row, Price) for row in store.rows("every_prices")]
