"""`/api/prices`: own prices of models, and stored calls priced again by them."""

from litestar import Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec.structs import replace

from longpole.client.price_book import PriceBook
from longpole.ingest.limits import DEFAULT_WORKSPACE
from longpole.reports.cost_views import NewPrice, PriceBookPage, PriceItem, Repriced
from longpole.reports.filter_values import WORKSPACE
from longpole.reports.own_prices import PRICE_FILTERS, REPRICE_FILTERS
from longpole.server.access import own_workspace
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, Asked, answer, documented, workspace_of

_TAGS = ["prices"]


def price_routes(book: PriceBook) -> tuple[HTTPRouteHandler, ...]:
    """The routes of own prices."""

    @get("/api/prices", operation_class=documented([WORKSPACE]), responses=REFUSALS, tags=_TAGS)
    async def get_prices(request: Asked) -> Response[PriceBookPage]:
        """All own prices, and the public list that prices every other model."""
        workspace = workspace_of(request)
        return await answer(request, lambda: book.prices(workspace))

    @put("/api/prices", responses=REFUSALS, tags=_TAGS)
    async def put_price(request: Asked, data: JSONBody[NewPrice]) -> Response[PriceItem]:
        """Keep an own price. It holds for what arrives from now on; stored calls are priced again on request."""
        # A price of which no workspace is said goes into the one of the key.
        named = None if data.workspace == DEFAULT_WORKSPACE else data.workspace
        price = replace(data, workspace=own_workspace(request.scope, named) or DEFAULT_WORKSPACE)
        return await answer(request, lambda: book.set_price(price))

    @delete(
        "/api/prices",
        status_code=200,
        operation_class=documented(PRICE_FILTERS),
        responses=REFUSALS_OF_ONE,
        tags=_TAGS,
    )
    async def delete_price(request: Asked) -> Response[PriceBookPage]:
        """Remove own prices of a model, all or the one from a time on; the answer has those that are gone."""
        pairs = list(request.query_params.multi_items())
        return await answer(request, lambda: book.remove(pairs))

    @post(
        "/api/prices/recompute",
        status_code=200,
        operation_class=documented(REPRICE_FILTERS),
        responses=REFUSALS,
        tags=_TAGS,
    )
    async def recompute_prices(request: Asked) -> Response[Repriced]:
        """Price stored calls again by the prices of now. Answers when that is done, which may take minutes."""
        pairs = list(request.query_params.multi_items())
        return await answer(request, lambda: book.recompute(pairs))

    return get_prices, put_price, delete_price, recompute_prices
