"""Addresses and values that mean harm: no file leaves the server, and no report fails over what a span says."""

import json
import socket
from itertools import count

import pytest

from otlp_bodies import NOON_NS, json_body, json_span
from running_server import DEADLINE_S, JSON, RunningServer, wait_until

NUMBERS = count(1)
DAY_NS = 86_400 * 10**9
LATEST_NS = 2**63 - 1
PATHS = (
    "/../../../etc/passwd",
    "/assets/../../../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/assets/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/assets/..%5c..%5c..%5cetc%5cpasswd",
    "/assets/%252e%252e/%252e%252e/etc/passwd",
    "/assets/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "//etc/passwd",
    "/assets//etc/passwd",
    "/assets/%00/../index.html",
    "/executions/../../../../etc/passwd",
    "/login/../../../../etc/passwd",
    "/dashboard_files/../dashboard.py",
    "/server.json",
    "/api/../server.json",
    "file:///etc/passwd",
    "/" + "a/" * 4000,
    "/" + "%2e%2e/" * 2000,
)


def raw_get(server: RunningServer, path: str) -> bytes:
    """The whole answer to a path as it is, which no client has tidied up."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=DEADLINE_S) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode("latin-1"))
        pieces: list[bytes] = []
        while piece := line.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_no_address_leads_out_of_the_dashboard(shared_server: RunningServer, path: str) -> None:
    answer = raw_get(shared_server, path)
    assert answer[:13] in (b"HTTP/1.1 200 ", b"HTTP/1.1 400 ", b"HTTP/1.1 404 ")
    for secret in (b"root:", b"def ", b'"pid"', str(shared_server.folder).encode()):
        assert secret not in answer
    assert shared_server.intake()["internal_errors"] == 0


STRANGE_TIMES = {
    "1970": (1, DAY_NS),
    "2262": (LATEST_NS - DAY_NS, LATEST_NS),
    "in a year": (NOON_NS + 365 * DAY_NS, NOON_NS + 366 * DAY_NS),
    "a year long": (NOON_NS, NOON_NS + 366 * DAY_NS),
    "no time at all": (NOON_NS, NOON_NS),
}
IMPOSSIBLE_TIMES = {
    "before 1970": (-1, NOON_NS),
    "beyond int64": (2**63, 2**63 + 1),
    "longer than a year": (1, NOON_NS),
    "backwards": (NOON_NS, NOON_NS - 1),
    "huge": (10**30, 10**31),
}


@pytest.mark.parametrize("name", STRANGE_TIMES)
def test_a_span_at_a_strange_time_is_shown_and_no_report_fails(shared_server: RunningServer, name: str) -> None:
    trace, (start, end) = next(NUMBERS), STRANGE_TIMES[name]
    one = json_span(trace, 1, startTimeUnixNano=str(start), endTimeUnixNano=str(end))
    assert shared_server.post(json_body(one), kind=JSON).json() == {}
    path = f"/api/executions/{trace:032x}"
    answer = wait_until(lambda: (r := shared_server.get(path)).status_code == 200 and r, "the execution")
    assert answer.json()["execution"]["duration_ns"] == end - start
    check_reports(shared_server)


@pytest.mark.parametrize("name", IMPOSSIBLE_TIMES)
def test_a_span_at_an_impossible_time_is_refused_by_itself(shared_server: RunningServer, name: str) -> None:
    trace, (start, end) = next(NUMBERS), IMPOSSIBLE_TIMES[name]
    broken = json_span(trace, 2, startTimeUnixNano=start, endTimeUnixNano=end)
    answer = shared_server.post(json_body(json_span(trace, 1), broken), kind=JSON)
    if answer.status_code == 200:
        assert answer.json()["partialSuccess"]["rejectedSpans"] == "1"
    else:
        assert answer.status_code == 400
    check_reports(shared_server)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400", "-0.0", "5e-324"])
def test_a_number_that_is_none_is_kept_as_text_or_refused(shared_server: RunningServer, value: str) -> None:
    trace = next(NUMBERS)
    usage = ("gen_ai.usage.input_tokens", "gen_ai.usage.cost", "gen_ai.usage.output_tokens", "longpole.weight")
    given = {"doubleValue": value if value[0] not in "-15" else float(value)}
    attributes = [{"key": key, "value": given} for key in usage]
    content = json_body(json_span(trace, 1, attributes=attributes)).replace(b"Infinity", b'"Infinity"')
    status = shared_server.post(content, kind=JSON).status_code
    assert status in (200, 400)
    if status == 200:
        path = f"/api/executions/{trace:032x}"
        answer = wait_until(lambda: (r := shared_server.get(path)).status_code == 200 and r, "the execution")
        json.loads(answer.content, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    check_reports(shared_server)


def check_reports(server: RunningServer) -> None:
    """The pages that look at everything still answer."""
    for path in ("/api/overview", "/api/executions", "/api/analysis/costs", "/api/analysis/repeats", "/api/scores"):
        assert server.get(path).status_code == 200, path
    assert server.intake()["internal_errors"] == 0
