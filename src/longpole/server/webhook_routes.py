"""`/api/webhooks`: who is told of events, tests of it, and what was given up."""

from litestar import Response, delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec.structs import replace

from longpole.ingest.limits import DEFAULT_WORKSPACE
from longpole.reports.filter_values import WORKSPACE
from longpole.reports.webhook_views import NewWebhook, WebhookDeliveryItem, WebhookItem, WebhookPage
from longpole.server.access import own_workspace
from longpole.server.answer import REFUSALS, REFUSALS_OF_ONE, Asked, answer, documented, workspace_of
from longpole.server.webhooks import Webhooks

_TAGS = ["webhooks"]
_ONE = documented([WORKSPACE])


def webhook_routes(webhooks: Webhooks) -> tuple[HTTPRouteHandler, ...]:
    """The routes of webhooks."""

    @get("/api/webhooks", operation_class=_ONE, responses=REFUSALS, tags=_TAGS)
    async def get_webhooks(request: Asked) -> Response[WebhookPage]:
        """All webhooks, and the last of what was sent to them."""
        workspace = workspace_of(request)
        return await answer(request, lambda: webhooks.page(workspace))

    @put("/api/webhooks", responses=REFUSALS, tags=_TAGS)
    async def put_webhook(request: Asked, data: JSONBody[NewWebhook]) -> Response[WebhookItem]:
        """Keep a webhook; it takes the place of the one with its name. Its secret is in this answer only."""
        named = None if data.workspace == DEFAULT_WORKSPACE else data.workspace
        given = replace(data, workspace=own_workspace(request.scope, named) or DEFAULT_WORKSPACE)
        return await answer(request, lambda: webhooks.set(given))

    @delete("/api/webhooks/{name:str}", status_code=200, operation_class=_ONE, responses=REFUSALS_OF_ONE, tags=_TAGS)
    async def delete_webhook(request: Asked, name: str) -> Response[WebhookItem]:
        """Forget a webhook."""
        workspace = workspace_of(request)
        return await answer(request, lambda: webhooks.remove(name, workspace))

    @post("/api/webhooks/{name:str}/test", status_code=200, operation_class=_ONE, responses=REFUSALS_OF_ONE, tags=_TAGS)
    async def test_webhook(request: Asked, name: str) -> Response[WebhookDeliveryItem]:
        """Send an event that says it is a test, once, now."""
        workspace = workspace_of(request)
        return await answer(request, lambda: webhooks.test(name, workspace))

    @post(
        "/api/webhooks/{name:str}/replay", status_code=200, operation_class=_ONE, responses=REFUSALS_OF_ONE, tags=_TAGS
    )
    async def replay_webhook(request: Asked, name: str) -> Response[dict[str, int]]:
        """Try again what was given up of a webhook."""
        workspace = workspace_of(request)
        return await answer(request, lambda: {"replayed": webhooks.replay(name, workspace)})

    return get_webhooks, put_webhook, delete_webhook, test_webhook, replay_webhook
