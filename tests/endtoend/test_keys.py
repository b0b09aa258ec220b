"""Keys through a real server: the first one, the login, the SDK with and without one, and who did what."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import APIResponse, Page, Route
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from longpole.settings import child_environment
from longpole.ship.spool import Spool, spool_file
from running_server import RunningServer, wait_until

KEY = re.compile(r"lp_[0-9a-f]{12}_[0-9a-f]{48}")
PROGRAM = """
import sys, longpole

longpole.configure(workspace="as it says itself")

@longpole.agent
def triage():
    return 1

triage()
longpole.flush()
"""

OTHER_PROGRAM = """
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
with provider.get_tracer("test").start_as_current_span("invoke_agent other"):
    pass
"""


def longpole(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command of Longpole on a data folder."""
    program = str(Path(sys.executable).with_name("longpole"))
    given = child_environment(
        {"LONGPOLE_DATA_FOLDER": str(folder), "LONGPOLE_PORT": "1", "COLUMNS": "200", **variables}
    )
    return subprocess.run([program, *words], capture_output=True, text=True, env=given, check=False)


def first_key(folder: Path, *words: str) -> str:
    """A key of a store that no server has open yet."""
    made = longpole(folder, "keys", "create", *words, "--json")
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)["key"]


def make_key(server: RunningServer, title: str, *rights: str, workspace: str = "default") -> str:
    """A key that a server makes for the program of its own user."""
    body = {"title": title, "rights": rights, "workspace": workspace}
    made = server.client.post(f"{server.url}/api/keys", json=body, headers=own_key(server))
    assert made.status_code == 201, made.text
    return made.json()["key"]


def own_key(server: RunningServer) -> dict[str, str]:
    return bearer(json.loads((server.folder / "server.json").read_text())["key"])


def revoke(server: RunningServer, key: str) -> None:
    address = f"{server.url}/api/keys/{key.split('_')[1]}"
    assert server.client.delete(address, headers=own_key(server)).status_code == 200


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server on all addresses, whose keys were made before its first start."""
    running = RunningServer(tmp_path_factory.mktemp("keyed") / "longpole", "--host", "0.0.0.0")
    running.folder.mkdir()
    refused = longpole(running.folder, "serve", "--host", "0.0.0.0")
    assert refused.returncode == 1
    assert "longpole keys create" in refused.stderr
    assert "--create-admin-key" in refused.stderr
    running.client.headers.update(bearer(first_key(running.folder, "me", "--every-workspace", "--rights", "admin")))
    try:
        yield running.start()
    finally:
        running.close()


def test_a_public_server_answers_who_has_a_key(keyed: RunningServer) -> None:
    assert keyed.get("/api/overview").status_code == 200
    assert httpx.get(f"{keyed.url}/api/overview", trust_env=False).status_code == 401
    health = httpx.get(f"{keyed.url}/healthz", trust_env=False).json()
    assert set(health) == {"status", "version"}
    assert set(keyed.get("/healthz").json()) > {"status", "version", "pending_bytes"}


def test_on_the_servers_machine_the_command_line_and_the_sdk_need_nothing(keyed: RunningServer) -> None:
    seen = longpole(keyed.folder, "keys", "list")
    assert seen.returncode == 0, seen.stderr
    assert "every one" in seen.stdout
    run_program(keyed.folder)
    wait_until(lambda: executions(keyed, "as it says itself"), "the execution of a program without a key")
    done = longpole(keyed.folder.parent, "run", "--data", str(keyed.folder), "--", sys.executable, "-c", OTHER_PROGRAM)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: executions(keyed, "default"), "the execution of a program that knows nothing of Longpole")


def test_the_key_of_a_program_decides_its_workspace_and_is_told_to_nobody(keyed: RunningServer) -> None:
    key = make_key(keyed, "claims", "ingest", workspace="claims")
    told = run_program(keyed.folder, LONGPOLE_API_KEY=key)
    wait_until(lambda: executions(keyed, "claims"), "the execution of a program with a key")
    wrong = key[:-4] + ("0000" if not key.endswith("0000") else "1111")
    told += run_program(keyed.folder, LONGPOLE_API_KEY=wrong)
    assert "401" in told
    assert KEY.search(told) is None
    waiting = Spool(spool_file(keyed.folder / "spool-sdk", None, wrong), 0)
    assert waiting.claim(16, 1.0), "what was refused waits for who has this key"
    waiting.close()
    kept = [file for file in keyed.folder.rglob("*") if file.is_file()]
    assert not any(secret.encode() in file.read_bytes() for file in kept for secret in (key, wrong))
    refused = longpole(keyed.folder, "overview", LONGPOLE_API_KEY=key)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Expected the right read" in refused.stderr
    assert longpole(keyed.folder, "overview", LONGPOLE_API_KEY=wrong).returncode == 3


def run_program(folder: Path, **variables: str) -> str:
    given = child_environment({"LONGPOLE_DATA_FOLDER": str(folder), "LONGPOLE_PORT": "1", **variables})
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=given, check=True)
    return done.stdout + done.stderr


def executions(server: RunningServer, workspace: str) -> list[Any]:
    return server.get("/api/executions", params={"workspace": workspace}).json()["items"]


def test_a_loopback_server_asks_for_keys_from_the_first_to_the_last(server: RunningServer) -> None:
    assert server.get("/api/overview").status_code == 200
    key = make_key(server, "reader", "read")
    assert server.get("/api/overview").status_code == 401
    assert server.get("/api/overview", headers=bearer(key)).status_code == 200
    assert server.get("/", headers={"accept": "text/html"}).headers["location"] == "/login"
    with browser_of(server) as browser:
        tries = [browser.post("/login", data={"key": f"lp_{number}"}).status_code for number in range(12)]
    assert tries == [401] * 10 + [429] * 2, "who tries many keys is slowed down"
    gone = longpole(server.folder, "keys", "revoke", key.split("_")[1])
    assert "the last one" in gone.stdout
    assert server.get("/api/overview").status_code == 200


def test_the_first_key_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPOLE_REQUESTS_PER_SECOND", "1")
    running = RunningServer(tmp_path / "longpole", "--host", "0.0.0.0", "--create-admin-key")
    running.folder.mkdir()
    try:
        running.start()
        (key,) = KEY.findall(running.log.read_text())
        assert running.get("/api/keys", headers=bearer(key)).json()["items"][0]["title"] == "first administrator"
        assert running.stop() == 0
        running.start()
        assert KEY.findall(running.log.read_text()) == [key]
        answers = [running.get("/api/session", headers=bearer(key)) for _ in range(7)]
        assert {answer.status_code for answer in answers[:5]} == {200}
        assert answers[-1].status_code == 429, "five seconds' worth of requests at once"
        assert answers[-1].headers["retry-after"] == "1"
    finally:
        running.close()


@pytest.fixture(scope="module")
def reader(keyed: RunningServer) -> str:
    return make_key(keyed, "a reader", "read", "admin", workspace="claims")


@pytest.fixture(scope="module")
def shown(keyed: RunningServer, reader: str) -> str:
    """The key of one who sees an execution of `triage`."""
    run_program(keyed.folder, LONGPOLE_API_KEY=make_key(keyed, "claims", "ingest", workspace="claims"))
    wait_until(lambda: executions(keyed, "claims"), "an execution that the reader may see")
    return reader


def log_in(page: Page, key: str) -> None:
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Log in").click()


def browser_of(server: RunningServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, trust_env=False, headers={"accept": "text/html"}, timeout=30)


def test_a_login_opens_what_its_key_opens_until_the_way_out(keyed: RunningServer, reader: str) -> None:
    with browser_of(keyed) as browser:
        led = browser.get("/executions", params={"range": "24h"})
        assert (led.status_code, led.headers["location"]) == (303, "/login?next=%2Fexecutions%3Frange%3D24h")
        page = browser.get(led.headers["location"])
        assert 'value="/executions?range=24h"' in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert browser.post("/login", data={"key": reader[:-1] + "x"}).status_code == 401
        done = browser.post("/login", data={"key": f" {reader} ", "next": "/executions?range=24h"})
        assert (done.status_code, done.headers["location"]) == (303, "/executions?range=24h")
        cookie = done.headers["set-cookie"]
        assert "HttpOnly; SameSite=Strict; Max-Age=43200" in cookie
        assert reader not in cookie
        assert browser.get("/executions").status_code == 200
        assert browser.get("/api/session").json()["workspace"] == "claims"
        session = dict(browser.cookies)
        assert browser.post("/logout").status_code == 403, "from no page of this server"
        assert browser.post("/logout", headers={"origin": keyed.url}).headers["location"] == "/login"
        for cookies in (session, dict(browser.cookies)):
            with browser_of(keyed) as again:
                again.cookies.update(cookies)
                assert again.get("/api/overview").status_code == 401


@pytest.mark.parametrize(
    "asked", ["//example.com", "https://example.com", "/\\example.com", "javascript:alert(1)", "/a\nb"]
)
def test_a_login_leads_to_pages_of_this_server_only(keyed: RunningServer, reader: str, asked: str) -> None:
    with browser_of(keyed) as browser:
        assert browser.post("/login", data={"key": reader, "next": asked}).headers["location"] == "/"


def test_who_listens_hears_nothing_more_once_the_key_is_revoked(keyed: RunningServer) -> None:
    key = make_key(keyed, "listens", "read", "ingest", workspace="claims")
    address = keyed.url.replace("http", "ws", 1) + "/api/live"
    with connect(address, additional_headers=bearer(key), proxy=None) as listener:
        listener.send("{}")
        while '"trees"' not in str(listener.recv(timeout=30)):
            pass
        revoke(keyed, key)
        listener.send("{}")
        with pytest.raises(ConnectionClosed) as closed:
            listener.recv(timeout=30)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_a_key_that_only_sends_opens_no_session(keyed: RunningServer) -> None:
    sender = make_key(keyed, "sends", "ingest", workspace="claims")
    with browser_of(keyed) as browser:
        refused = browser.post("/login", data={"key": sender})
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers
        assert "the right read" in refused.text


def test_a_session_survives_a_restart_and_ends_with_its_key(keyed: RunningServer) -> None:
    key = make_key(keyed, "for a while", "read")
    with browser_of(keyed) as browser:
        assert browser.post("/login", data={"key": key}).status_code == 303
        keyed.stop()
        keyed.start()
        browser.base_url = httpx.URL(keyed.url)
        assert browser.get("/api/overview").status_code == 200
        revoke(keyed, key)
        assert browser.get("/api/overview").status_code == 401


def test_the_dashboard_works_behind_the_login(
    keyed: RunningServer, shown: str, open_page: Callable[[str], Page]
) -> None:
    page = open_page(keyed.url)
    page.goto("/executions")
    log_in(page, shown)
    page.get_by_role("link", name="triage").first.wait_for()
    for address in ("/", "/health", "/alerts"):
        page.goto(address)
        page.get_by_role("button", name="Log out").wait_for()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="Log in with a key").wait_for()


def test_a_page_asks_nothing_while_it_logs_out(
    keyed: RunningServer, reader: str, open_page: Callable[[str], Page]
) -> None:
    page = open_page(keyed.url)
    page.goto("/login")
    log_in(page, reader)
    page.get_by_role("button", name="Log out").wait_for()
    page.clock.install()
    page.goto("/health")
    asked: list[str] = []
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/logout", lambda route: held.append((route, route.fetch(max_redirects=0))))
    page.get_by_role("button", name="Log out").click()
    while not held:
        page.evaluate("1")
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(20_000)  # the page asks how the server is every five seconds
    assert asked == []
    logout, answer = held[0]
    logout.fulfill(response=answer)
    page.get_by_role("heading", name="Log in with a key").wait_for()


def test_who_comes_by_a_link_of_another_site_need_not_log_in_again(
    keyed: RunningServer, shown: str, open_page: Callable[[str], Page]
) -> None:
    page = open_page(keyed.url)
    page.goto("/login")
    log_in(page, shown)
    page.get_by_role("link", name="Executions").wait_for()
    page.goto("/login?next=/executions")  # where such a link leads: the browser keeps the cookie back
    page.get_by_role("link", name="triage").first.wait_for()


def test_the_audit_log_tells_who_did_what(keyed: RunningServer, reader: str) -> None:
    with browser_of(keyed) as browser:
        browser.post("/login", data={"key": reader})
        browser.delete("/api/executions", params={"user": "nobody"}, headers={"origin": keyed.url})
    entries = keyed.get("/api/audit-log", params={"key": reader.split("_")[1]}).json()["items"]
    assert [(entry["deed"], entry["who"], entry["status"]) for entry in entries[:2]] == [
        ("executions.delete", "a reader", 200), ("login", "a reader", 303),
    ]  # fmt: skip
    assert entries[0]["workspace"] == "claims"
    assert "user=nobody" in entries[0]["subject"]
    assert entries[0]["address"] == "127.0.0.1"
    made = keyed.get("/api/audit-log", params={"deed": "key.create"}).json()["items"]
    assert reader.split("_")[1] in {entry["subject"] for entry in made}
    shown = longpole(keyed.folder, "keys", "log", "--deed", "login").stdout
    assert "a reader" in shown
    assert reader not in shown


def test_wrong_use_of_keys_is_said_in_words(keyed: RunningServer) -> None:
    refused = longpole(keyed.folder, "keys", "create", "x", "--rights", "write")
    assert (refused.returncode, "one of ingest, read, admin" in refused.stderr) == (2, True)
    unknown = longpole(keyed.folder, "keys", "revoke", "0" * 12)
    assert (unknown.returncode, "no key" in unknown.stderr) == (1, True)
    for wrong in (
        {"title": " ", "rights": ["read"]},
        {"title": "x", "rights": []},
        {"title": "x", "rights": ["write"]},
    ):
        assert keyed.client.post(f"{keyed.url}/api/keys", json=wrong).status_code == 400
    soon = {"title": "x", "rights": ["read"], "expires_in": "soon"}
    assert "'expires_in' is 'soon'" in keyed.client.post(f"{keyed.url}/api/keys", json=soon).json()["detail"]
