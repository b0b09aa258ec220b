"""No workspace reads, guesses or changes what is another's: every route and every door with every wrong key.

The routes are read from the server's own description, so that a new one fails here until it is decided what it needs.
"""

import itertools
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from longpole.model.alert import Alert, AlertSilence, AlertTarget
from longpole.model.audit_record import AuditRecord
from longpole.model.batch import Batch
from longpole.model.event import Score
from longpole.model.intake import DeadLetter
from longpole.model.price import Price
from longpole.model.webhook import Webhook
from longpole.model.workspace import SavedView
from longpole.server.auth_rules import CLOSED, RULES, Rule, rule_of
from longpole.server.live_door import LIVE_PATHS
from longpole.server.otlp import PATHS
from longpole.store.store import open_store
from otlp_bodies import json_body, json_span
from running_server import JSON, RunningServer, wait_until
from triage_example import CHILD_ID, EXECUTION_ID, PLAN_SPAN, TRACE_ID, triage_batch

OURS, THEIRS = "ours", "theirs-alone"
LETTER_ID = "letter-of-theirs"
NOBODYS = "e" * 48
BODY = json_body(json_span(77, 1))

# An id of theirs for each part of an address.
IDS = {
    "execution_id": EXECUTION_ID, "step_id": PLAN_SPAN, "letter_id": LETTER_ID, "key_id": "0" * 12,
    "rule_id": "their-rule", "alert_id": "their-alert", "silence_id": "their-silence", "target": "their-target",
    "name": "their-webhook", "view_id": "their-view", "fingerprint": "their-fingerprint",
}  # fmt: skip

# What nobody of another workspace may see any of.
MARKS = (
    THEIRS, TRACE_ID, "claims-triage", "damage-assessor", "fraud-review", "vision-model", "CLM-48213", LETTER_ID,
    "their-model", "their-score", "their reason", "their rule", "their view", "their-program",
    *(text for name, text in IDS.items() if name != "key_id"),
)  # fmt: skip

# What a question must be told, and what of theirs can be guessed at by it.
GIVEN = {
    "agent": "claims-triage", "operation": "embed", "a": EXECUTION_ID, "b": CHILD_ID, "at": "2030-01-01T00:00:00Z",
    "from": "2020-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z", "period": "7305d", "user": "u-17",
    "session": "CLM-48213", "parent": EXECUTION_ID, "model": "their-model",
}  # fmt: skip

# What is sent where a body is asked for, about something of theirs, and what has to come of it.
RULE = {"name": "their rule", "watch": "failure_rate", "above": "20 %", "over": "1 h", "workspace": THEIRS}
BODIES: dict[tuple[str, str], object] = {
    ("POST", "/api/scores"): {"execution_id": EXECUTION_ID, "name": "helpful", "value": 1},
    ("PUT", "/api/prices"): {"model": "their-model", "input_usd": 99, "workspace": THEIRS},
    ("POST", "/api/keys"): {"title": "mine", "rights": ["read"], "workspace": THEIRS},
    ("PUT", "/api/views"): {"title": "mine", "search": "", "workspace": THEIRS},
    ("PUT", "/api/webhooks"): {"name": "ours", "url": "https://example.org/hook", "workspace": THEIRS},
    ("POST", "/api/sql"): {"sql": "SELECT * FROM executions"},
    ("PUT", "/api/alerts/rules"): [RULE],
    ("POST", "/api/alerts/preview"): RULE,
    ("POST", "/api/alerts/{alert_id}/acknowledge"): {"acknowledged_by": "us"},
    ("POST", "/api/alerts/silences"): {"silenced_by": "us", "lasting": "2 h", "workspace": THEIRS},
    ("POST", "/api/audit/findings"): {"program": "their-program", "findings": [], "workspace": THEIRS},
    ("POST", "/api/audit/findings/{fingerprint}"): {"state": "accepted", "workspace": THEIRS},
    ("PUT", "/api/alerts/targets"): {"target": "ours", "url": "json://example.org", "workspace": THEIRS},
}

# Open to everyone: they tell nothing that is kept.
OPEN = {
    "/healthz", "/readyz", "/login", "/login/{}", "/logout", "/theme.js", "/early.js", "/longpole.svg", "/assets/{}",
}  # fmt: skip

NUMBERS = itertools.count(1001)

Headers = dict[str, str]


class House:
    """A server with data of two workspaces, and keys of both."""

    def __init__(self, running: RunningServer) -> None:
        self.running = running
        self.client = httpx.Client(base_url=running.url, timeout=60, trust_env=False)
        own = json.loads((running.folder / "server.json").read_text())["key"]
        self.own = bearer(own)
        self.keys: dict[str, str] = {}
        for name, workspace, rights in (
            ("our administrator", OURS, ["admin"]),
            ("our reader", OURS, ["read"]),
            ("our sender", OURS, ["ingest"]),
            ("their administrator", THEIRS, ["admin"]),
            ("their reader", THEIRS, ["read"]),
            ("their sender", THEIRS, ["ingest"]),
            ("revoked", THEIRS, ["admin"]),
            ("expired", THEIRS, ["admin"]),
        ):
            body = {"title": name, "workspace": workspace, "rights": rights}
            made = self.ask(
                "POST", "/api/keys", self.own, json=body | ({"expires_in": "1ns"} if name == "expired" else {})
            )
            assert made.status_code == 201, made.text
            self.keys[name] = made.json()["key"]
        revoked = self.keys["revoked"].split("_")[1]
        assert self.ask("DELETE", f"/api/keys/{revoked}", self.own).status_code == 200
        assert self.ask("PUT", "/api/alerts/rules", self.of("their administrator"), json=[RULE]).status_code == 200
        work = [{"key": "gen_ai.agent.name", "value": {"stringValue": "our-agent"}}]
        sent = self.send("our sender", json_body(json_span(901, 1, attributes=work)))
        assert sent.status_code == 200
        schema = self.ask("GET", "/schema", self.own).json()
        self.routes: list[tuple[str, str, list[str]]] = [
            (method.upper(), path, [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"])
            for path, item in sorted(schema["paths"].items())
            for method, operation in item.items()
        ]

    def ask(self, method: str, path: str, headers: Headers, **how: Any) -> httpx.Response:
        """One request."""
        return self.client.request(method, path, headers=headers, **how)

    def send(self, name: str, body: bytes, path: str = "/v1/traces") -> httpx.Response:
        """Spans, with a key."""
        return self.ask("POST", path, self.of(name) | {"content-type": JSON}, content=body)

    def of(self, name: str) -> Headers:
        """The headers that show a key."""
        return bearer(self.keys[name])


def bearer(key: str) -> Headers:
    return {"authorization": f"Bearer {key}"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    running = RunningServer(tmp_path_factory.mktemp("isolation") / "longpole")
    running.folder.mkdir()
    with closing(open_store(running.folder / "longpole.duckdb")) as store:
        store.write(their_rows())
    try:
        running.start()
        made = House(running)
        yield made
        made.client.close()
    finally:
        running.stop()
        running.close()


def their_rows() -> Batch:
    rows = triage_batch(workspace=THEIRS)
    place = {"workspace": THEIRS, "trace_id": TRACE_ID, "received_ns": rows.executions[0].received_ns}
    rows.scores = [
        Score(execution_id=EXECUTION_ID, time_ns=1, name="their-score", value=1.0, comment="their reason", **place)
    ]
    rows.records = [
        Price(workspace=THEIRS, provider="", model="their-model", from_ns=0, input_usd_nanos=3),
        DeadLetter(
            letter_id=LETTER_ID, server="s", kind="body", workspace=THEIRS, reason="their reason", content="e30=",
            size_bytes=2, received_ns=5, buried_ns=6, attempts=1,
        ),
    ]  # fmt: skip
    alert = {"rule_id": "their-rule", "title": "their rule", "subject": "", "level": "critical", "unit": "share"}
    rows.records += [
        Alert(
            workspace=THEIRS, alert_id="their-alert", state="cleared", since_ns=1, fired_ns=1, cleared_ns=2,
            limit_value=0.2, said="their reason", evidence="{}", link="", changed_ns=2**62, **alert,
        ),
        AlertSilence(workspace=THEIRS, silence_id="their-silence", until_ns=2**62, silenced_by="they", created_ns=1),
        AlertTarget(workspace=THEIRS, target="their-target", url="json://example.org", changed_ns=1),
        SavedView(
            workspace=THEIRS, view_id="their-view", page="executions", title="their view", view='{"search": "?their"}',
            changed_ns=1,
        ),
        Webhook(
            workspace=THEIRS, name="their-webhook", url="https://example.org/", secret="their-secret",
            kinds="alert.fired", changed_ns=1,
        ),
        AuditRecord(
            workspace=THEIRS, program="their-program", fingerprint="their-fingerprint", rule="LP002", title="Blocks",
            message="time.sleep", advice="Use asyncio.sleep.", confidence="high", reasons="[]",
            code_file="claims-triage.py", code_line=1, code_end_line=1, code_column=0, code_function="claims-triage",
            state="open", first_seen_ns=1, last_seen_ns=1, changed_ns=1,
        ),
    ]  # fmt: skip
    return rows


def address_of(path: str, ids: dict[str, str] | None = None) -> str:
    """A route's address with ids of theirs; an unknown part of it fails the test."""
    return re.sub(r"\{(\w+)\}", lambda part: (ids or IDS)[part[1]], path)


def wrong_keys(house: House) -> dict[str, Headers]:
    known = house.keys["their administrator"]
    return {
        "none": {},
        "garbage": bearer("garbage"),
        "an empty one": {"authorization": ""},
        "a wrong secret": bearer(known[:-1] + ("0" if known[-1] != "0" else "1")),
        "another id": bearer(f"lp_{'0' * 12}_{known.split('_')[2]}"),
        "revoked": house.of("revoked"),
        "expired": house.of("expired"),
        "as a password": {"authorization": "Basic " + b64encode(b"longpole:lp_no").decode()},
        "as x-api-key": {"x-api-key": "lp_no"},
        "as a session": {"cookie": "longpole_session=lp_no"},
    }


def test_it_is_decided_for_every_route_what_it_needs(house: House) -> None:
    undecided = [(method, path) for method, path, _ in house.routes if rule_of(method, address_of(path)) is CLOSED]
    assert undecided == [], "name them in server/auth_rules.py, and see that another workspace learns nothing by them"
    assert {rule.path for rule in RULES if not rule.rights} == OPEN


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_without_a_key_that_holds_no_door_opens(house: House, method: str) -> None:
    paths = {address_of(path) for verb, path, _ in house.routes if verb in (method, "GET")}
    paths |= {
        *PATHS,
        *LIVE_PATHS,
        "/metrics",
        "/schema",
        "/",
        "/executions",
        "/index.html",
        "/api",
        "/api/nothing",
        "/v1/x",
    }
    keys = wrong_keys(house)
    for name, headers in keys.items() if method == "GET" else [(one, keys[one]) for one in ("none", "revoked")]:
        for path in sorted(paths):
            answer = house.ask(method, path, headers, content=BODY if method in ("POST", "PUT") else None)
            assert answer.status_code == 401, (name, method, path, answer.text)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert not any(mark in answer.text for mark in MARKS)


def test_what_is_wrong_with_a_key_is_told_to_its_owner_only(house: House) -> None:
    said = {
        name: house.ask("GET", "/api/overview", shown).json()["detail"] for name, shown in wrong_keys(house).items()
    }
    assert "was revoked" in said.pop("revoked")
    assert "ended" in said.pop("expired")
    none, *others = said.pop("none"), *said.values()
    assert none.startswith("No key was shown")
    assert len(set(others)) == 1, "which part of a key is wrong must not be told"


def needs_another(rule: Rule, rights: str) -> bool:
    return bool(rule.rights) and rights not in rule.rights


@pytest.mark.parametrize("rights", ["ingest", "read"])
def test_a_key_without_the_right_opens_nothing(house: House, rights: str) -> None:
    key = house.of({"ingest": "their sender", "read": "their reader"}[rights])
    before = everything_of_theirs(house)
    for method, path, _ in house.routes:
        if needs_another(rule_of(method, address_of(path)), rights):
            answer = house.ask(method, address_of(path), key, json=BODIES.get((method, path)))
            assert answer.status_code == 403, (method, path, answer.text)
            assert not any(mark in answer.text for mark in MARKS if mark != THEIRS)
    for path in ("/", "/executions"):
        assert house.ask("GET", path, key).status_code == (403 if rights == "ingest" else 200)
    assert everything_of_theirs(house) == before
    for path in PATHS:
        answer = house.ask("POST", path, key | {"content-type": JSON}, content=BODY)
        assert answer.status_code == (200 if rights == "ingest" else 403)


def test_another_workspace_reads_and_guesses_nothing(house: House) -> None:
    key = house.of("our administrator")
    for method, path, filters in house.routes:
        if method != "GET":
            continue
        given = {name: GIVEN[name] for name in filters if name in GIVEN}
        told = house.ask("GET", address_of(path), key, params=given)
        assert told.status_code in (200, 400, 403, 404), (path, told.text)
        nobodys = house.ask("GET", address_of(path, dict.fromkeys(IDS, NOBODYS)), key, params={
            name: NOBODYS if text in MARKS or text in (EXECUTION_ID, CHILD_ID) else text for name, text in given.items()
        })  # fmt: skip
        assert told.status_code == nobodys.status_code, path
        assert without_names(told.text) == without_names(nobodys.text), path
        if "{" in path:
            assert told.status_code == 404, (path, told.text)
        plain = house.ask("GET", address_of(path), key)
        assert not any(mark in plain.text for mark in MARKS if mark not in address_of(path)), (path, plain.text)


def without_names(text: str) -> str:
    """An answer without what was asked for, and without the time of it."""
    names = sorted({*IDS.values(), *GIVEN.values(), NOBODYS}, key=len, reverse=True)
    for name in names:
        text = text.replace(name, "_")
    return re.sub(r"\d\d\d\d-\d\d-\d\dT[0-9:.]+Z|\b\d{16,}\b", "_", text)


def test_a_part_of_an_id_finds_nothing_of_another_workspace(house: House) -> None:
    key = house.of("our reader")
    for part in (EXECUTION_ID[:8], TRACE_ID[:20], TRACE_ID):
        assert house.ask("GET", f"/api/executions/{part}", house.of("their reader")).status_code in (200, 400)
        assert house.ask("GET", f"/api/executions/{part}", key).status_code == 404


def test_another_workspace_cannot_be_named(house: House) -> None:
    key = house.of("our administrator")
    for method, path, filters in house.routes:
        if "workspace" not in filters or rule_of(method, path).reach == "decided":
            continue
        answers = [
            house.ask(method, address_of(path), key, params=[("workspace", name), *more])
            for name in (THEIRS, "nobody-has-this")
            for more in ([], [("workspace", OURS)])
        ]
        assert {answer.status_code for answer in answers} == {404}, path
        said = {answer.text.replace(THEIRS, "_").replace("nobody-has-this", "_") for answer in answers}
        assert len(said) == 1, path


def test_another_workspace_changes_nothing(house: House) -> None:
    key = house.of("our administrator")
    before = everything_of_theirs(house)
    for method, path, filters in house.routes:
        if method == "GET":
            continue
        given = {"user": "u-17"} if "user" in filters else {"model": "their-model"} if "model" in filters else {}
        body = BODIES.get((method, path))
        rule = rule_of(method, address_of(path))
        assert body is not None or method == "DELETE" or rule.reach == "named", f"say in BODIES what {path} is sent"
        answer = house.ask(method, address_of(path), key, params=given, json=body)
        if "{" in path or body is not None:
            # DuckDB cannot keep workspaces apart: nobody may ask it SQL but the server's administrator.
            assert answer.status_code == (403 if path == "/api/sql" else 404), (method, path, answer.text)
        assert not any(mark in answer.text for mark in MARKS if mark not in str(body) + str(given) + address_of(path))
    assert everything_of_theirs(house) == before


def everything_of_theirs(house: House) -> dict[str, Any]:
    """What their administrator sees."""
    key = house.of("their administrator")
    paths = (
        "/api/alerts",
        "/api/views",
        "/api/webhooks",
        "/api/alerts/rules",
        "/api/alerts/history",
        "/api/overview",
        f"/api/executions/{EXECUTION_ID}",
        "/api/scores",
        "/api/prices",
        "/api/dead-letters",
        "/api/audit",
        "/api/keys",
    )
    seen = {path: house.ask("GET", path, key).json() for path in paths}
    assert seen["/api/overview"]["totals"]["executions"] >= 2
    for one in seen["/api/keys"]["items"]:
        one.pop("last_used")
    return {path: without_names(json.dumps(answer)) for path, answer in seen.items()}


def test_the_key_decides_the_workspace_of_what_is_sent(house: House) -> None:
    resource = json.dumps({"attributes": [{"key": "longpole.workspace", "value": {"stringValue": OURS}}]}).encode()
    body = json_body(json_span(501, 1)).replace(b'"scopeSpans"', b'"resource": %s, "scopeSpans"' % resource, 1)
    for number, path in enumerate(path for path in PATHS if path.endswith("/traces")):
        sent = house.ask("POST", path, house.of("their sender") | {"content-type": JSON}, content=body)
        assert sent.status_code == 200, number
    trace = f"{501:032x}"
    reads = house.of("their reader")
    wait_until(lambda: house.ask("GET", f"/api/executions/{trace}", reads).status_code == 200, "the trace")
    assert house.ask("GET", f"/api/executions/{trace}", house.of("our reader")).status_code == 404


@pytest.mark.parametrize("path", LIVE_PATHS)
def test_the_live_door_is_shut_to_wrong_keys(house: House, path: str) -> None:
    address = house.running.url.replace("http", "ws", 1) + path
    for name, headers in {**wrong_keys(house), "sender": house.of("their sender")}.items():
        with pytest.raises(InvalidStatus) as refused:
            connect(address, additional_headers=headers, proxy=None).close()
        assert refused.value.response.status_code in (401, 403), name


@pytest.mark.parametrize(("own", "other"), [("our", "their"), ("their", "our")])
@pytest.mark.parametrize("asked", [{"workspace": OURS}, {"workspace": THEIRS}])
def test_the_live_door_tells_of_its_own_workspace_only(
    house: House, own: str, other: str, asked: dict[str, str]
) -> None:
    address = house.running.url.replace("http", "ws", 1) + LIVE_PATHS[0]
    with connect(address, additional_headers=house.of(f"{own} reader"), proxy=None) as listener:
        listener.send(json.dumps(asked | {"subscription": "asked"}))
        listener.send("{}")
        told = ""
        while told.count('"type":"trees"') < 2:
            told += str(listener.recv(timeout=10))
        for whose in (other, own):  # what was sent first is told first
            assert house.send(f"{whose} sender", one_execution("live-agent", f"secret of {whose}s")).status_code == 200
        while f"secret of {own}s" not in told:
            told += str(listener.recv(timeout=10))
    assert f"secret of {other}s" not in told


def one_execution(agent: str, error: str) -> bytes:
    """An execution of an agent that failed."""
    names = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": agent}
    attributes = [{"key": name, "value": {"stringValue": text}} for name, text in names.items()]
    failed = {"code": 2, "message": error}
    return json_body(json_span(next(NUMBERS), 1, attributes=attributes, status=failed))


def test_keys_are_stored_as_hashes_only(house: House) -> None:
    folder = house.running.folder
    for key in house.keys.values():
        secret = key.split("_")[2].encode()
        holding = [file.name for file in folder.rglob("*") if file.is_file() and secret in file.read_bytes()]
        assert holding == []
