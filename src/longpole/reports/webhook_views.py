"""Webhooks, as REST and the command line show and take them."""

from typing import Annotated

from msgspec import Meta, Struct

from longpole.reports.live_views import Kind


class NewWebhook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address that is to be told of events; it takes the place of the one with its name.

    `kinds` and `agent` say of which; nothing means all. Without a `secret` one is made.
    """

    name: Annotated[str, Meta(pattern="^[A-Za-z0-9_.-]{1,64}$")]
    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    kinds: list[Kind] = []
    agent: str | None = None
    secret: Annotated[str, Meta(min_length=8, max_length=200)] | None = None
    workspace: str = "default"


class WebhookItem(Struct, kw_only=True):
    """A webhook. Of its address only the scheme and the host are shown: the rest may be secret.

    `secret` is there only in the answer that made it.
    """

    name: str
    workspace: str
    address: str
    kinds: list[str]
    agent: str | None
    changed_at: str
    secret: str | None = None


class WebhookDeliveryItem(Struct, kw_only=True):
    """An event on its way to a webhook. `state` is "waiting", "delivered", or "dead": given up after all tries."""

    delivery_id: str
    name: str
    workspace: str
    kind: str
    state: str
    attempts: int
    created_at: str
    next_at: str | None
    error: str | None


class WebhookPage(Struct, kw_only=True):
    """All webhooks, and the last of what was sent to them."""

    items: list[WebhookItem]
    deliveries: list[WebhookDeliveryItem]
