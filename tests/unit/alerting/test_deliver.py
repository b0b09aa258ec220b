"""Messages reach real receivers; what fails is tried again, is seen, and shows no secret."""

import json
import logging
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default as default_policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import msgspec
import pytest
from aiosmtpd.controller import Controller

from longpole.alerting.deliver import BACK_OFF_S, deliver_due, without_secrets
from longpole.alerting.public_connections import only_public
from longpole.alerting.targets import TargetPolicy, check_target, policy_of, shown_target
from longpole.model.alert import AlertDelivery, AlertTarget
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput
from longpole.store.engine import Engine
from longpole.store.store import open_store

HERE = policy_of("json, mailto,slack", is_private_allowed=True)
PUBLIC = TargetPolicy({"json", "mailto", "slack"})
# Apprise imports it when its e-mail plugin is loaded; later versions of Python have none and it goes without.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


@pytest.fixture
def store() -> Iterator[Engine]:
    engine = open_store(":memory:")
    yield engine
    engine.close()


@contextmanager
def http_receiver(*statuses: int) -> Generator[tuple[int, list[Any]]]:
    """A web server that answers with one status after the other, the last for ever; its port and what it got."""
    got: list[Any] = []
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append(json.loads(body))
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.send_header("location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on stderr."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1], got
    server.shutdown()
    server.server_close()
    thread.join()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Mailbox:
    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802
        self.messages.append(message_from_bytes(envelope.content, policy=default_policy))
        return "250 OK"


def put(store: Engine, url: str, *, time_ns: int = 5) -> None:
    delivery = AlertDelivery(
        workspace="default", delivery_id="d", rule_id="r", target="team", subject_line="Alert: it fails",
        message="Failure rate of agent triage: 12 %.\n\nhttps://pole.example.com/alerts", created_ns=1,
        next_ns=time_ns, changed_ns=1,
    )  # fmt: skip
    store.write(Batch(records=[AlertTarget(workspace="default", target="team", url=url, changed_ns=1), delivery]))


def deliver(store: Engine, policy: TargetPolicy, time_ns: int = 5) -> AlertDelivery:
    for _ in deliver_due(store, policy, time_ns):
        pass
    return msgspec.convert(store.rows("every_alert_deliveries")[0], AlertDelivery)


def test_a_webhook_gets_the_message(store: Engine) -> None:
    with http_receiver(200) as (port, got):
        put(store, f"json://127.0.0.1:{port}/hook")
        done = deliver(store, HERE)
    assert (done.delivered_ns, done.next_ns, done.attempts, done.error) == (5, None, 1, None)
    assert got[0]["title"] == "Alert: it fails"
    assert got[0]["message"].startswith("Failure rate of agent triage: 12 %.")


def test_a_mail_server_gets_the_message(store: Engine) -> None:
    mailbox = Mailbox()
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        url = f"mailto://127.0.0.1:{port}?from=pole@example.com&to=team@example.com&mode=insecure&smtp=127.0.0.1"
        put(store, url)
        done = deliver(store, HERE)
    finally:
        controller.stop()
    assert (done.error, done.delivered_ns) == (None, 5)
    [mail] = mailbox.messages
    assert (mail["subject"], mail["to"]) == ("Alert: it fails", "team@example.com")
    assert "Failure rate of agent triage: 12 %." in mail.get_body(("plain", "html")).get_content()


def test_what_fails_is_tried_again_ever_later_and_then_given_up(store: Engine) -> None:
    with http_receiver(503) as (port, got):
        put(store, f"json://me:secret-word@127.0.0.1:{port}/hook-token-1")
        time_ns, waits = 5, list[int]()
        for _ in range(len(BACK_OFF_S)):
            after = deliver(store, HERE, time_ns)
            assert after.next_ns is not None
            waits.append((after.next_ns - time_ns) // 10**9)
            assert deliver(store, HERE, after.next_ns - 1).attempts == after.attempts  # not yet
            time_ns = after.next_ns
        last = deliver(store, HERE, time_ns)
    assert tuple(waits) == BACK_OFF_S
    assert (last.next_ns, last.delivered_ns, last.attempts, len(got)) == (None, None, 6, 6)
    assert "503" in (last.error or "")


def test_a_receiver_that_returns_gets_what_waited(store: Engine) -> None:
    with http_receiver(500, 200) as (port, got):
        put(store, f"json://127.0.0.1:{port}/")
        waiting = deliver(store, HERE)
        done = deliver(store, HERE, waiting.next_ns or 0)
    assert (done.delivered_ns is not None, done.error, len(got)) == (True, None, 2)


def test_no_secret_of_a_target_is_in_the_log_or_in_what_failed(store: Engine, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    put(store, "json://me:secret-word@127.0.0.1:1/hook-token-1?apikey=hidden-key")
    done = deliver(store, HERE)
    assert done.error
    for secret in ("secret-word", "hook-token-1", "hidden-key"):
        assert secret not in caplog.text
        assert secret not in (done.error or "")
    text = "POST http://h/hook-token-1 as me:secret-word failed"
    assert "secret-word" not in without_secrets(text, "json://me:secret-word@h/hook-token-1")


def test_of_an_address_only_kind_and_host_are_shown() -> None:
    assert shown_target("slack://TokenA/TokenB/TokenC/#team") == "slack://…"
    assert shown_target("jsons://me:secret@hooks.example.com:8443/token?k=v") == "jsons://hooks.example.com:8443"
    assert shown_target("mailtos://me:secret@example.com") == "mailtos://example.com"


@pytest.mark.parametrize(
    "url",
    [
        "json://127.0.0.1/",
        "json://[::1]/",
        "json://[::ffff:10.0.0.1]/",
        "json://169.254.169.254/latest/meta-data",
        "json://10.1.2.3/",
        "json://localhost/",
        "mailto://me:x@example.com?smtp=192.168.1.5",
    ],
)
def test_a_target_on_this_machine_or_in_its_network_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="not a public one"):
        check_target(url, PUBLIC, lambda host: {"example.com": ["93.184.216.34"]}.get(host, ["127.0.0.1", host][:1]))
    check_target(url, HERE)


def test_a_name_that_leads_into_the_network_is_refused_when_the_message_is_sent(store: Engine) -> None:
    put(store, "json://localhost:1/")
    done = deliver(store, PUBLIC)
    assert "not a public one" in (done.error or "")
    assert done.attempts == 1


def test_only_kinds_of_addresses_that_are_allowed_are_taken() -> None:
    check_target("slack://TokenA/TokenB/TokenC", PUBLIC)
    for url in ("file:///etc/passwd", "syslog://localhost", "dbus://", "nothing", "smb://x"):
        with pytest.raises(InvalidInput, match="is not allowed"):
            check_target(url, PUBLIC)


def test_a_target_that_is_gone_is_said(store: Engine) -> None:
    put(store, "json://127.0.0.1:1/")
    store.write(Batch(removed=[AlertTarget(workspace="default", target="team", url="", changed_ns=1)]))
    assert "There is no target 'team'" in (deliver(store, HERE).error or "")


def names_lead_to(patch: pytest.MonkeyPatch, *addresses: str) -> None:
    """A name service that gives a name one address after the other, the last for ever."""
    left, really = list(addresses), socket.getaddrinfo

    def resolve(host: Any, *more: Any, **options: Any) -> Any:
        if host == "innocent.example.org":
            host = left.pop(0) if len(left) > 1 else left[0]
        return really(host, *more, **options)

    patch.setattr(socket, "getaddrinfo", resolve)


def test_a_name_that_leads_into_the_network_behind_the_check_is_not_connected_to(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    names_lead_to(monkeypatch, "93.184.216.34", "127.0.0.1")
    with http_receiver(200) as (port, got):
        put(store, f"json://innocent.example.org:{port}/hook")
        refused = deliver(store, PUBLIC)
        assert "'innocent.example.org:" in (refused.error or "")
        assert "not a public one" in (refused.error or "")
        assert got == []
        deliver(store, HERE, refused.next_ns or 0)
        assert len(got) == 1  # it is this name that it would have reached


def test_a_mail_server_whose_name_leads_into_the_network_behind_the_check_is_not_connected_to(
    store: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    names_lead_to(monkeypatch, "93.184.216.34", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0)
        port = listener.getsockname()[1]
        put(store, f"mailto://innocent.example.org:{port}?from=pole@example.com&to=team@example.com&mode=insecure")
        refused = deliver(store, PUBLIC)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert "not a public one" in (refused.error or "")


def test_only_the_thread_that_delivers_and_only_meanwhile_is_kept_to_public_addresses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = listener.getsockname()

        def connect() -> None:
            socket.create_connection(place).close()

        with only_public() as refused:
            with pytest.raises(PermissionError, match=r"127\.0\.0\.1 is not a public address"):
                connect()
            with pytest.raises(PermissionError), socket.socket() as by_name:
                by_name.connect(("localhost", place[1]))
            with pytest.raises(PermissionError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
                datagrams.sendto(b"?", place)
            other = threading.Thread(target=connect)
            other.start()
            other.join()
        assert refused == ["127.0.0.1", "localhost", "127.0.0.1"]
        listener.accept()[0].close()  # of the other thread
        connect()


def test_a_proxy_of_the_environment_may_be_in_the_network(store: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_receiver(200) as (port, got):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        put(store, "json://innocent.example.org/hook")
        done = deliver(store, PUBLIC)
    assert (done.error, len(got)) == (None, 1)
