"""The jobs of alerts: look at all rules every so often, and bring messages to their targets."""

from collections.abc import Callable

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from longpole.alerting.book import AlertBook
from longpole.alerting.deliver import deliver_due
from longpole.alerting.items import alert_item
from longpole.alerting.targets import policy_of
from longpole.alerting.watch import Watch
from longpole.model.alert import Alert
from longpole.model.batch import Batch
from longpole.model.clock import to_rfc3339
from longpole.reports.live_views import LiveEvent
from longpole.server.alert_routes import alert_routes
from longpole.server.jobs import Job
from longpole.settings import Settings
from longpole.store.engine import Engine

DELIVER_EVERY_NS = 5 * 10**9


class Alerting(Struct, frozen=True):
    """What a server has to do with alerts."""

    jobs: list[Job]
    routes: tuple[HTTPRouteHandler, ...]


def set_up_alerting(
    store: Engine,
    write: Callable[[Batch], None],
    settings: Settings,
    *,
    address: str,
    publish: Callable[[LiveEvent], None],
) -> Alerting:
    """The jobs and routes of alerts.

    Args:
        store: where rules and numbers are.
        write: stores a batch durably, for what people change.
        settings: how often rules are looked at, and where messages may go.
        address: of this server, for links where `public_url` is not set.
        publish: takes an event for the live door.
    """
    policy = policy_of(settings.alert_target_schemes, is_private_allowed=settings.alert_private_targets)
    public = (settings.public_url or address).rstrip("/")
    watch = Watch(store, announce=lambda alert: publish(event_of(alert)), address=public)
    book = AlertBook(store, write=write, policy=policy, broken=watch.broken)
    jobs = [
        Job("alerts", settings.alert_interval_s * 10**9, watch.look),
        Job("alert messages", DELIVER_EVERY_NS, lambda time_ns: deliver_due(store, policy, time_ns)),
    ]
    return Alerting(jobs, alert_routes(book))


def event_of(alert: Alert) -> LiveEvent:
    """An alert as the live door tells it."""
    at_ns = alert.cleared_ns or alert.fired_ns or alert.changed_ns
    return LiveEvent(
        id=f"{alert.alert_id}-{alert.state}-{alert.level}",
        kind="alert.fired",
        at=to_rfc3339(at_ns),
        workspace=alert.workspace,
        agent=alert.subject or None,
        alert=msgspec.to_builtins(alert_item(alert, ())),
    )
