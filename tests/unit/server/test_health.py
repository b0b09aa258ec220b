"""What a server says of itself: to Prometheus, to a load balancer, to people, and to keys of one workspace."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from ingest_house import TRACE, House, log_body, span_json, traces_body
from longpole.ingest.activity import ActivityCount
from longpole.ingest.arrivals import Arrivals
from longpole.ingest.decode import decode_body
from longpole.ingest.noise import Noise
from longpole.ingest.noise_rules import Match, NoiseRule
from longpole.model.batch import Batch
from longpole.model.ids import execution_id_of
from longpole.model.intake import Lease
from longpole.server.access import EVERYTHING, SCOPE_NAME, Access
from longpole.server.app import Server
from longpole.server.asgi import App, Receive, Scope, Send
from longpole.server.health import POINTS, Watch
from longpole.server.live_hub import Hub
from longpole.server.metrics import MEASURES, PROCESS_MEASURES
from longpole.server.otlp import DEFAULT_LIMITS
from longpole.server.timed_store import TimedStore

JSON = {"content-type": "application/json", "user-agent": "test/1"}


class Running:
    """A server in this process, asked without a socket."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder)
        self.store = TimedStore(self.house.engine)
        self.arrivals = Arrivals(decode_body)
        noise = Noise([NoiseRule(name="pings", match=Match(name="PING"), drop=True)])
        activity = ActivityCount()
        self.pipeline = self.house.start(
            engine=self.store, decode=self.arrivals.decoded, noise=noise, activity=activity
        )
        self.watch = Watch(
            self.store,
            self.arrivals,
            version="7",
            backlog_limit_bytes=DEFAULT_LIMITS.backlog_bytes,
            hub=Hub(),
            activity=activity,
        )
        self.server = Server(self.store, self.house.spool, self.pipeline, self.watch, version="7", guard=self._let_in)
        self.access = EVERYTHING

    def _let_in(self, app: App) -> App:
        async def known(scope: Scope, receive: Receive, send: Send) -> None:
            scope[SCOPE_NAME] = self.access
            await app(scope, receive, send)

        return known

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.server.app)  # pyright: ignore[reportArgumentType]
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, **more)

        return asyncio.run(answer())

    def send(self, *spans: dict[str, Any], service: str = "checkout", workspace: str = "default") -> None:
        body = traces_body(*spans)
        resource = [
            {"key": name, "value": {"stringValue": value}}
            for name, value in (("service.name", service), ("longpole.workspace", workspace))
        ]
        told = httpx.Response(200, content=body).json()
        told["resourceSpans"][0]["resource"] = {"attributes": resource}
        assert self.ask("POST", "/v1/traces", json=told, headers=JSON).status_code == 200
        assert self.pipeline.drain(20)

    def metrics(self) -> dict[str, Any]:
        families = text_string_to_metric_families(self.ask("GET", "/metrics").text)
        return {
            (sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples
        }


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.house.close()


def test_the_page_of_metrics_has_what_the_table_says_and_nothing_else(running: Running) -> None:
    running.watch.take_point()
    running.send(span_json(1), span_json(2, endTimeUnixNano="1"))
    assert running.ask("POST", "/v1/traces", content=b"nonsense", headers=JSON).status_code == 400
    with pytest.raises(Exception, match="no query"):
        running.store.rows("no such query")
    running.ask("GET", "/api/health")
    families = {each.name: each for each in text_string_to_metric_families(running.ask("GET", "/metrics").text)}
    shown = [measure for measure in MEASURES if "On PostgreSQL" not in measure.meaning]
    told = {measure.name.removesuffix("_total"): measure.kind for measure in shown}
    told |= {name.removesuffix("_total"): kind for name, kind, _ in PROCESS_MEASURES}
    assert {name: family.type for name, family in families.items()} == told
    for measure in shown:
        labels = {label for sample in families[measure.name.removesuffix("_total")].samples for label in sample.labels}
        assert labels - {"le"} <= set(measure.labels), measure.name


def test_metrics_count_what_happened(running: Running) -> None:
    running.send(span_json(1), span_json(2, 1))
    running.ask("POST", "/v1/traces", content=b"nonsense", headers=JSON)
    running.store.write(Batch(leases=[Lease(name="x", holder="y", asked_ns=1, until_ns=2)]))
    found = running.metrics()
    assert found["longpole_accepted_total", "spans"] == 2
    assert found["longpole_refused_total", "400"] == 1
    assert found["longpole_rows_written_total",] >= 2
    assert found["longpole_commit_seconds_count",] >= 2
    assert found["longpole_commit_seconds_bucket", "+Inf"] == found["longpole_commit_seconds_count",]
    assert found["longpole_trouble", "store"] == 0
    assert found["process_open_fds",] > 0


def test_metrics_speak_openmetrics_to_who_asks_for_it(running: Running) -> None:
    answer = running.ask("GET", "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


def test_openmetrics_has_an_execution_to_look_at_and_the_classic_format_does_not(running: Running) -> None:
    running.send(span_json(1, name="planner"))
    classic = running.ask("GET", "/metrics").text
    told = running.ask("GET", "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}).text
    families = {each.name: each for each in openmetrics.text_string_to_metric_families(told)}
    (shown,) = [sample for sample in families["longpole_executions"].samples if sample.name.endswith("_total")]
    assert shown.labels == {"agent": "planner", "status": "success"}
    assert shown.exemplar.labels == {"execution_id": execution_id_of(TRACE, f"{1:016x}")}
    buckets = families["longpole_execution_seconds"].samples
    assert [sample.exemplar.labels for sample in buckets if sample.exemplar] == [shown.exemplar.labels]
    assert "execution_id" not in classic
    assert 'longpole_executions_total{agent="planner",status="success"} 1.0' in classic


@pytest.mark.parametrize(
    ("access", "status"),
    [
        (Access(rights=frozenset({"read"})), 200),
        (Access(rights=frozenset({"admin"})), 200),
        (Access(rights=frozenset({"ingest"})), 403),
        (Access(rights=frozenset({"read", "admin"}), workspace="acme"), 403),
    ],
)
def test_metrics_are_for_readers_of_the_whole_server(running: Running, access: Access, status: int) -> None:
    running.access = access
    assert running.ask("GET", "/metrics").status_code == status


def test_a_server_is_ready_until_it_stops(running: Running) -> None:
    assert running.ask("GET", "/readyz").json() == {"ready": True, "reasons": []}
    assert running.ask("POST", "/readyz").status_code == 405
    running.watch.end()
    answer = running.ask("GET", "/readyz")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["the server stops"])
    assert running.ask("HEAD", "/readyz").content == b""


def test_health_says_first_what_is_wrong_and_with_whom(running: Running) -> None:
    running.send(span_json(1), span_json(2, endTimeUnixNano="1"))
    running.ask("POST", "/v1/traces", content=b"nonsense", headers=JSON)
    running.watch.take_point()
    health = running.ask("GET", "/api/health").json()
    words = {(word["level"], word["text"]) for word in health["words"]}
    assert words == {
        ("warn", "1 span of checkout could not be taken: end before start."),
        ("warn", "1 request could not be read."),
    }
    (program,) = health["programs"]
    assert (program["service"], program["spans"], program["rejected"]) == ("checkout", 1, {"end_before_start": 1})
    (sender,) = health["server"]["senders"]
    assert (sender["name"], sender["requests"], sender["refused"]) == ("test/1", 2, {"400": 1})
    (point,) = health["server"]["points"]
    assert (point["accepted"], point["refused"], point["unread_bytes"]) == (1, 1, 0)
    assert health["server"]["commits"]["number"] >= 1


def test_a_server_without_trouble_says_so(running: Running) -> None:
    (word,) = running.ask("GET", "/api/health").json()["words"]
    assert word == {"level": "good", "text": "The server is well and waits for the first body."}
    running.send(span_json(1))
    (word,) = running.ask("GET", "/api/health").json()["words"]
    assert word["text"] == "All is well: 1 span or record taken, nothing is known to be missing, nothing waits."


def test_a_key_of_one_workspace_is_told_of_its_own_programs_only(running: Running) -> None:
    running.send(span_json(1), service="ours", workspace="acme")
    running.send(span_json(2), service="theirs", workspace="other")
    running.access = Access(workspace="acme")
    health = running.ask("GET", "/api/health").json()
    assert [program["service"] for program in health["programs"]] == ["ours"]
    assert health["server"] is None
    assert "theirs" not in str(health)


def test_the_hour_holds_no_more_than_an_hour(running: Running) -> None:
    for _ in range(POINTS + 3):
        running.watch.take_point()
    assert len(running.ask("GET", "/api/health").json()["server"]["points"]) == POINTS


def test_logs_count_with_their_program(running: Running) -> None:
    body = log_body({"body": {"stringValue": "hello"}})
    assert running.ask("POST", "/v1/logs", content=body, headers=JSON).status_code == 200
    assert running.pipeline.drain(20)
    (program,) = running.ask("GET", "/api/health").json()["programs"]
    assert (program["logs"], program["service"]) == (1, None)
