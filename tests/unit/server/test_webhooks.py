"""Webhooks: signed, retried with growing pauses, given up and sent again, and never sent where they must not go."""

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest

from contract.rows import WORKSPACE, trace
from longpole.model.errors import InvalidInput, NotFound
from longpole.reports.webhook_views import NewWebhook, WebhookDeliveryItem
from longpole.server.live_hub import Hub
from longpole.server.webhook_send import WebhookPolicy, check_url, send
from longpole.server.webhooks import BACK_OFF_S, Webhooks
from longpole.store.engine import Engine
from longpole.store.store import open_store
from running_server import wait_until
from webhook_receiver import Receiver, webhook_receiver

SECOND = 10**9
HERE = WebhookPolicy(frozenset({"http", "https"}), is_private_allowed=True)
STRICT = WebhookPolicy(frozenset({"https"}))


class Clock:
    """A time that stands until somebody moves it."""

    def __init__(self) -> None:
        self.ns = 1_790_000_000 * SECOND

    def __call__(self) -> int:
        return self.ns


class House:
    """A store, a hub and the webhooks of a server."""

    def __init__(self, store: Engine) -> None:
        self.hub = Hub()
        self.clock = Clock()
        self.webhooks = Webhooks(store, store.write, self.hub, HERE, self.clock)

    def deliveries(self) -> list[WebhookDeliveryItem]:
        return self.webhooks.page(None).deliveries

    def run_job(self) -> None:
        for _ in self.webhooks.job().run(self.clock()):
            pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as one:
        yield one


@pytest.fixture
def house() -> Iterator[House]:
    store = open_store(":memory:")
    house = House(store)
    yield house
    house.webhooks.close()
    house.hub.close()
    store.close()


def test_what_is_asked_for_is_sent_once_and_signed(house: House, receiver: Receiver) -> None:
    new = NewWebhook(name="ci", url=receiver.url, kinds=["execution.completed"], secret="a long secret")
    house.webhooks.set(new)
    house.webhooks.start()

    house.hub.told(trace(1))
    house.hub.told(trace(1))
    wait_until(lambda: [one.state for one in house.deliveries()] == ["delivered"], "the delivery")

    (received,) = receiver.received
    event = json.loads(received.body)
    assert (event["kind"], event["execution_id"]) == ("execution.completed", trace(1).executions[0].execution_id)
    assert received.headers["longpole-event"] == "execution.completed"
    stamp, _, digest = received.headers["longpole-signature"].removeprefix("t=").partition(",v1=")
    signed = hmac.new(b"a long secret", stamp.encode() + b"." + received.body, hashlib.sha256).hexdigest()
    assert (digest, int(stamp)) == (signed, house.clock() // SECOND)


def test_a_server_that_begins_tells_what_happens_from_then_on(receiver: Receiver) -> None:
    store, hub = open_store(":memory:"), Hub()
    before = Webhooks(store, store.write, Hub(), HERE)
    before.set(NewWebhook(name="ci", url=receiver.url, kinds=["execution.completed"]))
    before.close()
    after = Webhooks(store, store.write, hub, HERE)
    after.start()
    hub.told(trace(1))
    try:
        wait_until(lambda: len(receiver.received) == 1, "the end to be told")
    finally:
        after.close()
        hub.close()
        store.close()


def test_a_receiver_that_fails_is_tried_again_with_growing_pauses_until_it_takes_it(
    house: House, receiver: Receiver
) -> None:
    receiver.answers = [500, 302, 503]
    house.webhooks.set(NewWebhook(name="ci", url=receiver.url, kinds=["execution.completed"]))
    house.webhooks.start()
    house.hub.told(trace(1))
    wait_until(lambda: any(one.attempts == 1 for one in house.deliveries()), "the first try")

    house.run_job()
    assert len(receiver.received) == 1  # it is not due yet
    for pause in BACK_OFF_S[:3]:
        house.clock.ns += pause * SECOND
        house.run_job()

    (delivery,) = house.deliveries()
    assert (delivery.state, delivery.attempts, delivery.error) == ("delivered", 4, None)
    assert len({one.headers["longpole-delivery"] for one in receiver.received}) == 1
    assert [one.path for one in receiver.received] == ["/hook?token=hidden"] * 4  # a redirection is not followed


def test_what_is_never_taken_is_given_up_and_can_be_sent_again(house: House, receiver: Receiver) -> None:
    receiver.answers = [500] * (len(BACK_OFF_S) + 1)
    house.webhooks.set(NewWebhook(name="ci", url=receiver.url, kinds=["execution.completed"]))
    house.webhooks.start()
    house.hub.told(trace(1))
    wait_until(lambda: any(one.attempts == 1 for one in house.deliveries()), "the first try")
    for pause in BACK_OFF_S:
        house.clock.ns += pause * SECOND
        house.run_job()
    (dead,) = house.deliveries()
    assert (dead.state, dead.error) == ("dead", "The answer was 500.")

    assert house.webhooks.replay("ci", WORKSPACE) == 1
    house.run_job()

    assert house.deliveries()[0].state == "delivered"


def test_only_its_own_workspace_and_agent_are_told_to_a_webhook(house: House, receiver: Receiver) -> None:
    house.webhooks.set(NewWebhook(name="ci", url=receiver.url, agent="agent 1", kinds=["execution.completed"]))
    house.webhooks.start()

    house.hub.told(trace(1, workspace="other"))
    house.hub.told(trace(2))
    house.hub.told(trace(4))
    wait_until(lambda: receiver.received, "the delivery")

    assert [json.loads(one.body)["agent"] for one in receiver.received] == ["agent 1"]


def test_without_webhooks_nothing_is_looked_at(house: House, receiver: Receiver) -> None:
    house.webhooks.start()
    house.hub.told(trace(1))
    assert house.hub.counters.events == 0

    house.webhooks.set(NewWebhook(name="ci", url=receiver.url))
    house.webhooks.remove("ci", WORKSPACE)
    with pytest.raises(NotFound):
        house.webhooks.test("ci", WORKSPACE)


def test_a_test_says_that_it_is_one_and_how_it_went(house: House, receiver: Receiver) -> None:
    receiver.answers = [418]
    house.webhooks.set(NewWebhook(name="ci", url=receiver.url))

    failed, taken = house.webhooks.test("ci", WORKSPACE), house.webhooks.test("ci", WORKSPACE)

    assert (failed.state, failed.error) == ("dead", "The answer was 418.")
    assert (taken.state, taken.error) == ("delivered", None)
    assert json.loads(receiver.received[0].body)["alert"]["is_test"] is True


def test_neither_the_secret_nor_the_path_is_shown_again(house: House, receiver: Receiver) -> None:
    made = house.webhooks.set(NewWebhook(name="ci", url=receiver.url.replace("//", "//user:hidden@")))
    assert made.secret is not None
    assert made.secret.startswith("whsec_")

    (shown,) = house.webhooks.page(None).items
    assert (shown.secret, shown.address) == (None, receiver.url.partition("/hook")[0])


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "127.0.0.1", "10.1.2.3", "::1", "fe80::1%eth0", "::ffff:10.0.0.1"]
)
def test_an_address_within_the_network_of_the_server_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="not a public one"):
        check_url("https://innocent.example.org/hook", STRICT, lambda _: ["93.184.215.14", address])


@pytest.mark.parametrize("url", ["http://example.org/", "file:///etc/passwd", "gopher://example.org", "example.org"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="is not allowed"):
        check_url(url, STRICT)


def test_what_was_checked_is_what_is_reached_whatever_the_name_says_later(receiver: Receiver) -> None:
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    port = receiver.server_address[1]
    error = send(f"http://innocent.example.org:{port}/hook", b"{}", {}, HERE, resolve)

    assert error is None
    assert asked == ["innocent.example.org"]
    assert receiver.received[0].headers["host"] == f"innocent.example.org:{port}"


def test_a_name_that_leads_into_the_network_later_is_not_connected_to(receiver: Receiver) -> None:
    policy, answers = WebhookPolicy(frozenset({"http"})), ["93.184.215.14", "127.0.0.1"]
    url = f"http://innocent.example.org:{receiver.server_address[1]}/hook"

    def resolve(_: str) -> list[str]:
        return [answers.pop(0)]

    check_url(url, policy, resolve)  # as it is when it is kept
    error = send(url, b"{}", {}, policy, resolve)

    assert "not a public one" in (error or "")
    assert receiver.received == []


def test_a_receiver_that_is_away_is_said_to_be() -> None:
    assert send("http://127.0.0.1:1/hook", b"{}", {}, HERE) == "ConnectionRefusedError: no answer."
