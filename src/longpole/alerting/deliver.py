"""Brings messages to their targets by apprise, with a back-off between tries, and says what failed."""

import logging
from collections.abc import Callable, Generator
from io import StringIO
from typing import Any

import msgspec
from msgspec.structs import replace

from longpole.alerting.public_connections import only_public
from longpole.alerting.targets import TargetPolicy, check_target, not_public, shown_target, split_host
from longpole.model.alert import AlertDelivery, AlertTarget
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput, MissingPackage
from longpole.store.engine import Engine

BACK_OFF_S = (10, 60, 300, 1800, 7200)
"""Between one try and the next; behind the last a message is given up."""

MOST_AT_ONCE = 20
_MOST_ERROR = 300

Send = Callable[[str, str, str], str | None]
"""Sends a subject line and a text to an address; gives what went wrong."""

_log = logging.getLogger("longpole.alerting")


def deliver_due(
    store: Engine, policy: TargetPolicy, now_ns: int, send: Send | None = None
) -> Generator[None, None, str]:
    """Try the messages that are due, the oldest first; yields between two and gives a few words on what it did."""
    send = send or send_by_apprise
    rows = store.rows("alert_deliveries_due", {"before_ns": now_ns, "limit": MOST_AT_ONCE})
    if not rows:
        return "no message waits"
    targets = {
        (row["workspace"], row["target"]): msgspec.convert(row, AlertTarget)
        for row in store.rows("every_alert_targets")
    }
    sent = 0
    for row in rows:
        delivery = msgspec.convert(row, AlertDelivery)
        error = _try(targets.get((delivery.workspace, delivery.target)), delivery, policy, send)
        sent += error is None
        store.write(Batch(records=[_after(delivery, error, now_ns)]))
        yield
    return f"sent {sent} of {len(rows)} messages"


def _try(target: AlertTarget | None, delivery: AlertDelivery, policy: TargetPolicy, send: Send) -> str | None:
    if target is None:
        return f"There is no target {delivery.target!r}. Expected one of this name. Set it: longpole alerts target"
    try:
        check_target(target.url, policy)
        error = _send(target.url, delivery, policy, send)
    except Exception as failure:  # a library's fault is a message's, not the job's
        error = str(failure) if isinstance(failure, InvalidInput) else type(failure).__name__
    return None if error is None else without_secrets(error, target.url)[:_MOST_ERROR]


def _send(url: str, delivery: AlertDelivery, policy: TargetPolicy, send: Send) -> str | None:
    if policy.is_private_allowed:
        return send(url, delivery.subject_line, delivery.message)
    with only_public() as refused:
        error = send(url, delivery.subject_line, delivery.message)
    return error if error is None or not refused else str(not_public(split_host(url) or shown_target(url)))


def _after(delivery: AlertDelivery, error: str | None, now_ns: int) -> AlertDelivery:
    attempts = delivery.attempts + 1
    if error is None:
        return replace(delivery, attempts=attempts, next_ns=None, delivered_ns=now_ns, error=None, changed_ns=now_ns)
    is_last = attempts > len(BACK_OFF_S)
    next_ns = None if is_last else now_ns + BACK_OFF_S[attempts - 1] * 10**9
    _log.warning(
        "A message about the rule %s could not be sent to %s (try %d%s): %s",
        delivery.rule_id,
        delivery.target,
        attempts,
        ", given up" if is_last else "",
        error,
    )
    return replace(delivery, attempts=attempts, next_ns=next_ns, error=error, changed_ns=now_ns)


def without_secrets(text: str, url: str) -> str:
    """A text without the parts of an address that may be secret."""
    _, _, rest = url.partition("://")
    found = text.replace(url, "[address]").replace(rest, "[address]")
    host = split_host(url).partition(":")[0]
    for separator in "/@:?&=#":
        rest = rest.replace(separator, "\0")
    parts = {part for part in rest.split("\0") if len(part) >= 6 and part != host}
    for part in sorted(parts, key=len, reverse=True):
        found = found.replace(part, "[hidden]")
    return found


def send_by_apprise(url: str, subject_line: str, message: str) -> str | None:
    """Send a message; what went wrong as apprise says it, nothing when it was taken.

    Raises:
        MissingPackage: apprise is not installed.
    """
    try:
        import apprise  # noqa: PLC0415 - of the server extra, and 100 plugins that only a message is worth
    except ImportError:
        raise MissingPackage(
            "apprise is not installed. Expected the packages of longpole[server]. Run: pip install 'longpole[server]'"
        ) from None
    # Not elsewhere than to what was checked.
    asset = apprise.AppriseAsset(http_redirects=False)
    service: Any = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    if service is None:
        return "apprise cannot read the target's address. Expected one that it documents. Set the target again."
    log = logging.getLogger("apprise")
    log.setLevel(logging.WARNING)  # below that it names whole addresses
    log.propagate = False  # and here what it says is freed of secrets first
    said = StringIO()
    handler = logging.StreamHandler(said)
    handler.setLevel(logging.WARNING)
    log.addHandler(handler)
    try:
        is_sent = service.notify(body=message, title=subject_line, notify_type=apprise.NotifyType.WARNING)
    finally:
        log.removeHandler(handler)
    if is_sent:
        return None
    return " ".join(said.getvalue().split()) or "The target did not take it, and apprise does not say why."
