"""Webhooks: programs elsewhere that are told of events by HTTP, each event until it is taken or given up.

What happened is stored before it is sent. The server that saw it tries at once; when that fails, or the server ends
before, the job `webhooks` of the server that holds the lease goes on, with growing pauses. What was given up stays and
can be sent again.
"""

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
from msgspec.structs import replace

from longpole.model.batch import Batch
from longpole.model.clock import now_ns, to_rfc3339
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.webhook import Webhook, WebhookDelivery
from longpole.reports.live_views import LiveEvent
from longpole.reports.rows import time_text
from longpole.reports.webhook_views import NewWebhook, WebhookDeliveryItem, WebhookItem, WebhookPage
from longpole.server.jobs import Job, Work
from longpole.server.live_events import Happening
from longpole.server.live_hub import Hub
from longpole.server.webhook_send import SIGNATURE_HEADER, WebhookPolicy, check_url, send, sign
from longpole.store.engine import Engine

BACK_OFF_S = (10, 60, 300, 1800, 7200)
"""Between one try and the next; behind the last an event is given up."""

JOB_EVERY_NS = 5 * 10**9
REFRESH_S = 15.0
MOST_WAITING = 10_000
MOST_AT_ONCE = 50
MOST_SHOWN = 50
SENDERS = 4

_log = logging.getLogger("longpole.webhooks")


class Webhooks:
    """The webhooks of a server. All methods may be called from any thread.

    Args:
        store: where they are kept.
        write: stores a batch durably.
        hub: tells what happens.
        policy: where events may be sent.
        now: the time in nanoseconds since 1970.
    """

    def __init__(
        self,
        store: Engine,
        write: Callable[[Batch], None],
        hub: Hub,
        policy: WebhookPolicy,
        now: Callable[[], int] = now_ns,
    ) -> None:
        self.lost = 0
        self._store = store
        self._write = write
        self._hub = hub
        self._policy = policy
        self._now = now
        self._hooks: tuple[Webhook, ...] = ()
        self._leave: Callable[[], None] | None = None
        self._new: deque[WebhookDelivery] = deque()
        self._changing = threading.Lock()
        self._bell = threading.Event()
        self._closing = threading.Event()
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="longpole-webhook")
        self._thread = threading.Thread(target=self._run, name="longpole-webhooks", daemon=True)

    def start(self) -> None:
        """Begin to listen, if there is anybody to tell: what happens once this has returned is not missed."""
        try:
            self._refresh()
        except Exception as error:  # a store that is away; the thread reads it when it is back
            _log.warning("webhooks wait for the store: %s", error)
        self._thread.start()

    def close(self) -> None:
        """Send no more. What is stored and not sent is tried after the next start."""
        self._closing.set()
        self._bell.set()
        self._senders.shutdown(wait=False, cancel_futures=True)
        if self._thread.is_alive():
            self._thread.join(1.0)

    def job(self) -> Job:
        """Tries again what is due."""
        return Job("webhooks", JOB_EVERY_NS, self._again)

    # What people ask for

    def page(self, workspace: str | None) -> WebhookPage:
        """All webhooks, and the last of what was sent."""
        asked = {"workspace": workspace, "only_dead": False, "limit": MOST_SHOWN}
        rows = self._store.rows("webhook_deliveries_of", asked)
        return WebhookPage(
            items=[_item(hook) for hook in self._stored() if workspace in (None, hook.workspace)],
            deliveries=[_delivery_item(msgspec.convert(row, WebhookDelivery)) for row in rows],
        )

    def set(self, new: NewWebhook) -> WebhookItem:
        """Keep a webhook; its secret is in this answer only.

        Raises:
            InvalidInput: events must not be sent to its address.
        """
        try:
            check_url(new.url, self._policy)
        except OSError:
            pass  # it may be known later
        secret = new.secret or f"whsec_{secrets.token_urlsafe(24)}"
        hook = Webhook(
            workspace=new.workspace,
            name=new.name,
            url=new.url,
            secret=secret,
            kinds=" ".join(new.kinds),
            agent=new.agent,
            changed_ns=self._now(),
        )
        self._write(Batch(records=[hook]))
        self._refresh()
        item = _item(hook)
        item.secret = secret
        return item

    def remove(self, name: str, workspace: str | None) -> WebhookItem:
        """Forget a webhook. What waits for it is given up at its next try.

        Raises:
            NotFound: there is none of this name.
        """
        hook = self._named(name, workspace)
        self._write(Batch(removed=[hook]))
        self._refresh()
        return _item(hook)

    def test(self, name: str, workspace: str | None) -> WebhookDeliveryItem:
        """Send an event that says it is a test, once, now.

        Raises:
            NotFound: there is none of this name.
        """
        hook = self._named(name, workspace)
        event = LiveEvent(
            id=f"test:{secrets.token_hex(8)}",
            kind="alert.fired",
            at=to_rfc3339(self._now()),
            workspace=hook.workspace,
            alert={"title": "This is a test of a webhook", "is_test": True},
        )
        delivery = self._delivery(hook, event)
        error = self._try(hook, delivery)
        return _delivery_item(_after(delivery, error, self._now(), is_last=True))

    def replay(self, name: str, workspace: str | None) -> int:
        """Try again what was given up of a webhook; how many that are.

        Raises:
            NotFound: there is none of this name.
        """
        hook = self._named(name, workspace)
        asked = {"workspace": hook.workspace, "only_dead": True, "limit": MOST_WAITING}
        dead = [msgspec.convert(row, WebhookDelivery) for row in self._store.rows("webhook_deliveries_of", asked)]
        now = self._now()
        again = [replace(one, attempts=0, next_ns=now, changed_ns=now) for one in dead if one.name == hook.name]
        if again:
            self._write(Batch(records=[*again]))
        return len(again)

    def _named(self, name: str, workspace: str | None) -> Webhook:
        found = [hook for hook in self._stored() if hook.name == name and workspace in (None, hook.workspace)]
        if len(found) > 1:
            raise InvalidInput(
                f"Several workspaces have a webhook {name[:64]!r}. Expected one. Name the workspace as well."
            )
        if not found:
            raise NotFound(f"There is no webhook {name[:64]!r}. Expected one of `longpole webhooks list`. Correct it.")
        return found[0]

    def _stored(self) -> list[Webhook]:
        return [msgspec.convert(row, Webhook) for row in self._store.rows("every_webhooks")]

    def _refresh(self) -> None:
        """Read who is to be told, and listen only if there is anybody."""
        with self._changing:
            self._hooks = tuple(self._stored())
            if self._hooks and self._leave is None:
                self._leave = self._hub.listen(self._hear)
            elif not self._hooks and self._leave is not None:
                self._leave()
                self._leave = None

    # What happens

    def _hear(self, happenings: Sequence[Happening]) -> None:
        for happening in happenings:
            for hook in self._hooks:
                if not _wants(hook, happening):
                    continue
                if len(self._new) >= MOST_WAITING:
                    self.lost += 1
                    continue
                self._new.append(self._delivery(hook, happening.event()))
        if self._new:
            self._bell.set()

    def _delivery(self, hook: Webhook, event: LiveEvent) -> WebhookDelivery:
        now = self._now()
        return WebhookDelivery(
            workspace=hook.workspace,
            delivery_id=secrets.token_hex(12),
            name=hook.name,
            kind=event.kind,
            body=msgspec.json.encode(event).decode(),
            created_ns=now,
            next_ns=now + BACK_OFF_S[0] * 10**9,  # by the job, should this server not come to it
            changed_ns=now,
        )

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._refresh()
                self._keep_new()
            except Exception as error:  # a store that is away; what is new waits
                _log.warning("webhooks wait for the store: %s", error)
                self._closing.wait(1.0)
            self._bell.wait(REFRESH_S)
            self._bell.clear()

    def _keep_new(self) -> None:
        while self._new and not self._closing.is_set():
            some = [self._new[place] for place in range(min(MOST_AT_ONCE, len(self._new)))]
            self._store.write(Batch(records=[*some]))
            for delivery in some:
                self._new.popleft()
                self._senders.submit(self._first_try, delivery)

    def _first_try(self, delivery: WebhookDelivery) -> None:
        try:
            self._deliver(delivery)
        except Exception:  # the job comes to it
            _log.exception("the outcome of a webhook could not be stored")

    def _again(self, time_ns: int) -> Work:
        rows = self._store.rows("webhook_deliveries_due", {"before_ns": time_ns, "limit": MOST_AT_ONCE})
        sent = 0
        for row in rows:
            sent += self._deliver(msgspec.convert(row, WebhookDelivery))
            yield
        return f"delivered {sent} of {len(rows)} events" if rows else "nothing waits"

    def _deliver(self, delivery: WebhookDelivery) -> bool:
        key = (delivery.workspace, delivery.name)
        hook = next((hook for hook in self._stored() if (hook.workspace, hook.name) == key), None)
        error = "The webhook was removed." if hook is None else self._try(hook, delivery)
        self._store.write(Batch(records=[_after(delivery, error, self._now(), is_last=hook is None)]))
        return error is None

    def _try(self, hook: Webhook, delivery: WebhookDelivery) -> str | None:
        body = delivery.body.encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "longpole-webhook",
            "longpole-event": delivery.kind,
            "longpole-delivery": delivery.delivery_id,
            SIGNATURE_HEADER: sign(hook.secret, body, self._now() // 10**9),
        }
        return send(hook.url, body, headers, self._policy)


def _wants(hook: Webhook, happening: Happening) -> bool:
    place = happening.place
    return (
        hook.workspace == place.workspace
        and (not hook.kinds or happening.kind in hook.kinds.split(" "))
        and (hook.agent is None or hook.agent == place.agent)
    )


def _after(delivery: WebhookDelivery, error: str | None, now: int, *, is_last: bool = False) -> WebhookDelivery:
    attempts = delivery.attempts + 1
    if error is None:
        return replace(delivery, attempts=attempts, next_ns=None, delivered_ns=now, error=None, changed_ns=now)
    is_dead = is_last or attempts > len(BACK_OFF_S)
    next_ns = None if is_dead else now + BACK_OFF_S[attempts - 1] * 10**9
    return replace(delivery, attempts=attempts, next_ns=next_ns, error=error[:300], changed_ns=now)


def _item(hook: Webhook) -> WebhookItem:
    scheme, _, rest = hook.url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    return WebhookItem(
        name=hook.name,
        workspace=hook.workspace,
        address=f"{scheme}://{host}",
        kinds=hook.kinds.split() if hook.kinds else [],
        agent=hook.agent,
        changed_at=to_rfc3339(hook.changed_ns),
    )


def _delivery_item(delivery: WebhookDelivery) -> WebhookDeliveryItem:
    state = "delivered" if delivery.delivered_ns is not None else "waiting" if delivery.next_ns is not None else "dead"
    return WebhookDeliveryItem(
        delivery_id=delivery.delivery_id,
        name=delivery.name,
        workspace=delivery.workspace,
        kind=delivery.kind,
        state=state,
        attempts=delivery.attempts,
        created_at=to_rfc3339(delivery.created_ns),
        next_at=time_text(delivery.next_ns),
        error=delivery.error,
    )
