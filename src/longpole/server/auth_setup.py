"""Joins what keys need when a server starts: the ring, the guard, the routes, and the first key."""

from collections.abc import Callable

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from longpole.client.key_book import KeyBook
from longpole.model.batch import Batch
from longpole.model.clock import now_ns
from longpole.model.workspace import EVERY_WORKSPACE, AuditEntry
from longpole.reports.key_views import NewKey
from longpole.reports.keys import list_keys
from longpole.server.asgi import App
from longpole.server.auth_keys import KeyRing
from longpole.server.auth_login import LoginDoor
from longpole.server.auth_places import Places, is_loopback
from longpole.server.forwarded import Forwarded, read_proxies
from longpole.server.guard import Guard, check_bind
from longpole.server.key_routes import key_routes
from longpole.settings import Settings
from longpole.store.engine import Engine

FIRST_KEY = NewKey(title="first administrator", workspace=EVERY_WORKSPACE, rights=["admin"])


class KeySetup(Struct, frozen=True):
    """What a server is given: its keys, what goes around its application, more routes, and lines to be said once."""

    ring: KeyRing
    guard: Callable[[App], App]
    routes: tuple[HTTPRouteHandler, ...]
    lines: list[str]


def set_up_keys(
    store: Engine, write: Callable[[Batch], None], settings: Settings, *, creates_admin_key: bool
) -> KeySetup:
    """The keys of a server that is about to listen.

    Args:
        store: where the keys are.
        write: stores a batch durably.
        settings: the address and the limits.
        creates_admin_key: whether to make a key of the whole server if there is none, and say it.

    Raises:
        RefusedToServe: the address is public and there is no key.
        SettingsError: `forwarded_from` cannot be read.
    """
    proxies = read_proxies(settings.forwarded_from)
    is_public = not is_loopback(settings.host) or bool(proxies)
    ring = KeyRing(store, is_always_needed=is_public, write=write)
    book = KeyBook(store, write=write, changed=ring.reload)
    lines: list[str] = []
    if creates_admin_key and not _has_administrator(store):
        made = book.create(FIRST_KEY)
        lines = [f"The key of the administrator, shown this once: {made.key}"]
    if ring.are_needed:
        lines.append("Asks for keys: longpole keys create NAME makes one")
    if not (is_loopback(settings.host) or proxies or settings.tls_certificate):
        lines.append("Keys and prompts cross the network unencrypted: set tls_certificate and tls_key, or use a proxy")
    check_bind(
        settings.host,
        is_public=is_public,
        has_keys=any(item.state == "active" for item in list_keys(store, None, now_ns()).items),
    )
    names = frozenset(name.strip().lower() for name in settings.hosts.split(",") if name.strip())

    def keep(entry: AuditEntry) -> None:
        write(Batch(records=[entry]))

    def guard(app: App) -> App:
        guarded = Guard(
            LoginDoor(app, ring, write),
            ring,
            places=Places(hosts=names, is_public=is_public),
            keep=keep,
            requests_per_s=settings.requests_per_second,
        )
        return Forwarded(guarded, proxies) if proxies else guarded

    return KeySetup(ring, guard, key_routes(book), lines)


def _has_administrator(store: Engine) -> bool:
    keys = list_keys(store, None, now_ns()).items
    return any(key.state == "active" and key.workspace is None and "admin" in key.rights for key in keys)
