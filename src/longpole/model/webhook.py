"""Webhooks as they are kept: who is told of events, and what was sent."""

from msgspec import Struct


class Webhook(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `webhooks`: an address that is told of events. `secret` signs what is sent.

    `kinds` are kinds of events separated by spaces, `agent` the only one that it hears of; nothing means all.
    """

    workspace: str
    name: str
    url: str
    secret: str
    kinds: str = ""
    agent: str | None = None
    changed_ns: int


class WebhookDelivery(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `webhook_deliveries`: an event on its way to a webhook. `body` is its JSON.

    `next_ns` is when it is tried next. Without that it was delivered, or it is dead: given up after all tries.
    """

    workspace: str
    delivery_id: str
    name: str
    kind: str
    body: str
    created_ns: int
    attempts: int = 0
    next_ns: int | None = None
    delivered_ns: int | None = None
    error: str | None = None
    changed_ns: int
