"""The guard in front of all doors, with the application behind it in a few lines: who is let through, and how."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from msgspec.structs import replace

from longpole.client.key_book import KeyBook
from longpole.model.batch import Batch
from longpole.model.errors import NotFound, SettingsError
from longpole.model.workspace import AccessKey, Right
from longpole.reports.key_views import NewKey
from longpole.server.access import access_of, own_workspace
from longpole.server.asgi import App, Message, Receive, Scope, Send
from longpole.server.auth_keys import KeyRing
from longpole.server.auth_limits import Allowance
from longpole.server.auth_places import Places
from longpole.server.auth_rules import CLOSED, PAGE, RULES, rule_of
from longpole.server.auth_shown import shown_key
from longpole.server.forwarded import Forwarded, read_proxies
from longpole.server.guard import Guard
from longpole.store.engine import Engine
from longpole.store.store import open_store

HERE = "127.0.0.1:7667"


@pytest.fixture
def store() -> Iterator[Engine]:
    with closing(open_store(":memory:")) as opened:
        yield opened


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now_ns = 1_000 * 10**9

    def __call__(self) -> int:
        return self.now_ns


def ring_of(store: Engine, **how: Any) -> KeyRing:
    return KeyRing(store, write=store.write, **how)


def make(store: Engine, ring: KeyRing, workspace: str = "ours", *rights: Right) -> str:
    """A key that the ring knows."""
    book = KeyBook(store, write=store.write, changed=ring.reload)
    return book.create(NewKey(title="mine", workspace=workspace, rights=list(rights or ("read",)))).key


def ask(
    app: App, path: str = "/api/overview", *, method: str = "GET", query: str = "", **headers: str
) -> dict[str, Any]:
    """What the application answers; header names are written with underscores."""
    given = {"host": HERE} | {name.replace("_", "-"): text for name, text in headers.items()}
    scope: Scope = {
        "type": "http", "method": method, "path": path, "query_string": query.encode(), "scheme": "http",
        "client": ("127.0.0.1", 5), "headers": [(name.encode(), text.encode()) for name, text in given.items()],
    }  # fmt: skip
    told: dict[str, Any] = {"scope": scope}

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        told.update(message)
        if message["type"] == "http.response.start":
            told["headers"] = {name.decode(): value.decode() for name, value in message["headers"]}

    asyncio.run(run_now(app, scope, receive, send))
    return told


async def run_now(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


async def behind(scope: Scope, _receive: Receive, send: Send) -> None:
    """Whatever is behind the guard."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": repr(access_of(scope)).encode()})


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_without_keys_this_machine_may_do_everything(store: Engine) -> None:
    guard = Guard(behind, ring_of(store))
    told = ask(guard, "/api/executions", method="DELETE")
    assert told["status"] == 200
    assert access_of(told["scope"]).workspace is None
    assert access_of(told["scope"]).rights == {"ingest", "read", "admin"}


@pytest.mark.parametrize("host", ["example.com", "localhost.example.com", "10.0.0.5:7667", "", "0.0.0.0", "[::2]:7667"])
def test_without_keys_a_request_must_be_addressed_to_this_machine(store: Engine, host: str) -> None:
    assert ask(Guard(behind, ring_of(store)), host=host)["status"] == 403


@pytest.mark.parametrize(
    "origin", ["https://example.com", "null", "http://localhost.example.com", "file://", "http://["]
)
def test_without_keys_a_foreign_page_is_refused(store: Engine, origin: str) -> None:
    assert ask(Guard(behind, ring_of(store)), origin=origin)["status"] == 403
    assert ask(Guard(behind, ring_of(store)), origin="http://localhost:5173")["status"] == 200


def test_a_key_is_taken_from_every_header_that_clients_use(store: Engine) -> None:
    ring = ring_of(store)
    key = make(store, ring)
    basic = b64encode(f"pk-public:{key}".encode()).decode()
    shown = [
        {"authorization": f"Bearer {key}"},
        {"authorization": f"bearer  {key} "},
        {"authorization": f"Basic {basic}"},
        {"x_api_key": key},
        {"cookie": f"theme=dark; longpole_session={key}; other=1"},
    ]
    guard = Guard(behind, ring)
    assert [ask(guard, **headers)["status"] for headers in shown] == [200] * 5
    assert ask(guard)["status"] == 401


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Basic", "Basic !!!", "Digest x", "Basic " + b64encode(b"\xff").decode()]
)
def test_what_is_no_key_is_refused_and_breaks_nothing(store: Engine, authorization: str) -> None:
    ring = ring_of(store)
    make(store, ring)
    told = ask(Guard(behind, ring), authorization=authorization)
    assert told["status"] == 401
    assert told["headers"]["www-authenticate"] == 'Bearer realm="longpole"'


def test_the_filter_of_a_request_is_the_workspace_of_its_key(store: Engine) -> None:
    ring = ring_of(store)
    key = bearer(make(store, ring, "ours & yours"))
    guard = Guard(behind, ring)
    assert ask(guard, query="agent=a&agent=b+c&x=", **key)["scope"]["query_string"] == (
        b"agent=a&agent=b+c&x=&workspace=ours+%26+yours"
    )
    assert ask(guard, query="workspace=ours+%26+yours", **key)["status"] == 200
    assert ask(guard, query="workspace=theirs", **key)["status"] == 404
    assert ask(guard, query="workspace=ours+%26+yours&workspace=theirs", **key)["status"] == 404
    assert ask(guard, query="%77orkspace=theirs", **key)["status"] == 404
    # What a program says of itself does not count: the key decides.
    budgets = ask(guard, "/api/budgets", query="workspace=default", **key)["scope"]
    assert budgets["query_string"] == b"workspace=ours+%26+yours"


def test_a_workspace_named_in_a_body_is_the_one_of_the_key(store: Engine) -> None:
    ring = ring_of(store)
    scope = ask(Guard(behind, ring), **bearer(make(store, ring, "ours")))["scope"]
    every = ask(Guard(behind, ring), **bearer(make(store, ring, "*")))["scope"]
    assert (own_workspace(scope, None), own_workspace(scope, "ours")) == ("ours", "ours")
    assert (own_workspace(every, None), own_workspace(every, "theirs")) == (None, "theirs")
    for named in ("theirs", "*", ""):
        with pytest.raises(NotFound):
            own_workspace(scope, named)


def test_what_is_in_no_rule_is_for_the_administrator_of_the_server(store: Engine) -> None:
    ring = ring_of(store)
    guard = Guard(behind, ring)
    ours = make(store, ring, "ours", "admin")
    every = make(store, ring, "*", "admin")
    for path in ("/api/brand-new", "/api//overview", "/v1/nothing", "/api/overview/../store"):
        assert rule_of("GET", path) is CLOSED
        assert ask(guard, path, **bearer(ours))["status"] == 403
        assert ask(guard, path, **bearer(every))["status"] == 200
    assert rule_of("GET", "/executions") is PAGE


def test_each_door_has_one_rule() -> None:
    doors = [(method, rule.path) for rule in RULES for method in rule.methods]
    assert len(doors) == len(set(doors))


def test_a_key_that_ended_opens_nothing_from_that_moment_on(store: Engine) -> None:
    clock = Clock()
    ring = ring_of(store, now=clock)
    book = KeyBook(store, write=store.write, changed=ring.reload, now=clock)
    key = book.create(NewKey(title="mine", workspace="ours", rights=["read"], expires_in="1h")).key
    guard = Guard(behind, ring)
    assert ask(guard, **bearer(key))["status"] == 200
    clock.now_ns += 3600 * 10**9
    told = ask(guard, **bearer(key))
    assert told["status"] == 401
    assert b"ended at" in told["body"]
    assert ring.are_needed, "time alone opens nothing"


def test_a_session_ends_with_the_key_that_opened_it(store: Engine) -> None:
    ring = ring_of(store, is_always_needed=True)
    book = KeyBook(store, write=store.write, changed=ring.reload)
    key = book.create(NewKey(title="mine", workspace="ours", rights=["read"]))
    session = book.create(NewKey(title="mine", workspace="ours", rights=["read"]))
    (row,) = [row for row in store.rows("every_keys") if row["key_id"] == session.item.key_id]
    store.write(Batch(records=[AccessKey(**{**row, "opened_by": key.item.key_id})]))
    ring.reload()
    guard = Guard(behind, ring)
    assert ask(guard, cookie=f"longpole_session={session.key}")["status"] == 200
    assert access_of(ask(guard, **bearer(session.key))["scope"]).key_id == key.item.key_id
    assert [item.key_id for item in book.keys(None).items] == [key.item.key_id], "a session is no key of the list"
    book.revoke(key.item.key_id, None)
    assert ask(guard, cookie=f"longpole_session={session.key}")["status"] == 401
    assert [gone.key_id for gone in ring.ended_sessions()] == [session.item.key_id]


def test_a_browser_changes_something_only_from_a_page_of_this_server(store: Engine) -> None:
    ring = ring_of(store)
    key = make(store, ring, "ours", "admin")
    guard = Guard(behind, ring)
    session = {"cookie": f"longpole_session={key}"}
    change = {"path": "/api/executions", "method": "DELETE"}
    assert ask(guard, **change, **session)["status"] == 403
    for origin in ("https://example.com", "http://127.0.0.1:9999", "http://127.0.0.1", "null", "http://localhost:7667"):
        assert ask(guard, **change, **session, origin=origin)["status"] == 403
    assert ask(guard, **change, **session, origin=f"http://{HERE}")["status"] == 200
    assert ask(guard, **change, **bearer(key))["status"] == 200
    assert ask(guard, **session)["status"] == 200
    assert ask(guard, **session, origin="https://example.com")["status"] == 403


def test_only_the_given_names_of_a_server_are_answered(store: Engine) -> None:
    ring = ring_of(store, is_always_needed=True)
    key = bearer(make(store, ring))
    named = Guard(behind, ring, places=Places(hosts=frozenset({"traces.example.com"}), is_public=True))
    unnamed = Guard(behind, ring, places=Places(is_public=True))
    assert ask(named, host="traces.example.com", **key)["status"] == 200
    assert ask(named, host="TRACES.example.com:8443", **key)["status"] == 200
    assert ask(named, host="rebound.example.org", **key)["status"] == 403
    assert ask(unnamed, host="rebound.example.org", **key)["status"] == 200
    assert ask(Guard(behind, ring), host="rebound.example.org", **key)["status"] == 403


def test_a_key_has_so_many_requests_a_second(store: Engine) -> None:
    ring = ring_of(store)
    one, other = bearer(make(store, ring)), bearer(make(store, ring))
    guard = Guard(behind, ring, requests_per_s=0.001)
    assert ask(guard, **one)["status"] == 200
    told = ask(guard, **one)
    assert told["status"] == 429
    assert 1 <= int(told["headers"]["retry-after"]) <= 1000
    assert ask(guard, **other)["status"] == 200


def test_an_allowance_fills_by_itself() -> None:
    now_s = 0.0
    allowance = Allowance(2.0, most=3, now=lambda: now_s)
    assert [allowance.take() for _ in range(4)] == [0, 0, 0, 0.5]
    now_s = 0.5
    assert (allowance.take(), allowance.take()) == (0, 0.5)
    now_s = 1000.0
    assert [allowance.take() > 0 for _ in range(4)] == [False, False, False, True]


def test_when_a_key_was_used_is_noted_now_and_then(store: Engine) -> None:
    clock = Clock()
    ring = ring_of(store, now=clock)
    key = make(store, ring)
    guard = Guard(behind, ring)
    ask(guard, **bearer(key))
    assert store.rows("every_key_uses") == []
    ring.note_uses()
    (used,) = store.rows("every_key_uses")
    assert used["last_used_ns"] == clock.now_ns
    clock.now_ns += 10**9
    ring.note_uses()
    assert store.rows("every_key_uses") == [used]


def test_what_another_server_did_to_the_keys_is_followed(store: Engine) -> None:
    ring, other = ring_of(store), ring_of(store)
    key = make(store, other, "ours", "read")
    assert ring.find(key) is None
    ring.reload()
    known = ring.find(key)
    assert known is not None
    row = AccessKey(**store.rows("every_keys")[0])
    store.write(Batch(records=[replace(row, revoked_ns=7)]))
    ring.reload()
    assert not ring.holds(key)
    assert not ring.are_needed


def test_a_session_that_another_server_opened_a_moment_ago_is_known_here(store: Engine) -> None:
    ring, other = ring_of(SharedStore(store), is_always_needed=True), ring_of(store)
    key = make(store, other, "ours", "read")
    assert ask(Guard(behind, ring), cookie=f"longpole_session={key}")["status"] == 200


class SharedStore:
    """A store that other servers write to as well."""

    is_shared = True

    def __init__(self, store: Engine) -> None:
        self.rows, self.write = store.rows, store.write


def test_the_nearest_address_that_is_no_proxy_is_the_one_that_asks() -> None:
    app = Forwarded(behind, read_proxies("127.0.0.1, 10.0.0.0/8,::1"))
    told = ask(
        app,
        x_forwarded_for="6.6.6.6, 203.0.113.9, 10.1.2.3",
        x_forwarded_proto="https",
        x_forwarded_host="t.example.com",
    )
    assert told["scope"]["client"][0] == "203.0.113.9"
    assert told["scope"]["scheme"] == "https"
    assert dict(told["scope"]["headers"])[b"host"] == b"t.example.com"
    for junk in ("", "10.0.0.1", "unknown", ", ,", "203.0.113.9:4711"):
        assert ask(app, x_forwarded_for=junk)["scope"]["client"][0] == "127.0.0.1"


def test_headers_of_others_than_the_proxies_are_not_believed() -> None:
    told = ask(
        Forwarded(behind, read_proxies("10.0.0.0/8")), x_forwarded_for="6.6.6.6", x_forwarded_host="evil.example"
    )
    assert told["scope"]["client"][0] == "127.0.0.1"
    assert dict(told["scope"]["headers"])[b"host"] == HERE.encode()
    with pytest.raises(SettingsError, match="proxy"):
        read_proxies("10.0.0.0/8, proxy.example.com")


def test_no_key_is_no_key() -> None:
    assert shown_key({}) is None
    assert shown_key({b"cookie": b"theme=dark"}) is None
