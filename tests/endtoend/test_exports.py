"""Files of executions for other programs, asked of a real server and read as those programs read them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Browser, Page

from otlp_bodies import json_body, json_span
from running_server import JSON, RunningServer, wait_until

RUNS = 12


def items(server: RunningServer) -> list[dict[str, Any]]:
    listed = server.get("/api/executions", params={"limit": "1000"}).json()["items"]
    return [item for item in listed if item["is_settled"]]


def test_the_csv_file_has_the_rows_of_the_list_in_its_order(example: RunningServer) -> None:
    answer = example.get("/api/export/executions", params={"agent": "lead", "sort": "duration"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    listed = example.get("/api/executions", params={"agent": "lead", "sort": "duration"}).json()["items"]

    assert [row["execution_id"] for row in rows] == [item["execution_id"] for item in listed]
    assert [int(row["duration_ns"]) for row in rows] == [item["duration_ns"] for item in listed]
    assert json.loads(rows[0]["category_ns"]) == listed[0]["category_ns"]
    assert answer.headers["longpole-rows"] == str(RUNS)
    assert answer.headers["longpole-more"] == "false"


def test_a_limit_says_that_there_is_more(example: RunningServer) -> None:
    answer = example.get("/api/export/executions", params={"format": "json", "limit": "5"})

    assert len(answer.json()) == 5
    assert answer.headers["longpole-more"] == "true"


def test_the_parquet_file_is_read_by_a_database(example: RunningServer, tmp_path: Path) -> None:
    path = tmp_path / "executions.parquet"
    path.write_bytes(example.get("/api/export/executions", params={"format": "parquet"}).content)
    with duckdb.connect() as database:
        found = database.execute(
            f"SELECT agent, count(*), sum(duration_ns)::BIGINT FROM '{path}' GROUP BY 1 ORDER BY 1"
        ).fetchall()

    listed = items(example)
    expected = {
        agent: [item["duration_ns"] for item in listed if item["agent"] == agent]
        for agent in sorted({item["agent"] for item in listed})
    }
    assert found == [(agent, len(times), sum(times)) for agent, times in expected.items()]


@pytest.mark.parametrize(("limit", "format_"), [("0", "csv"), ("50001", "csv"), ("many", "csv"), ("5", "xlsx")])
def test_what_cannot_be_made_is_refused_in_words(example: RunningServer, limit: str, format_: str) -> None:
    answer = example.get("/api/export/executions", params={"format": format_, "limit": limit})

    assert answer.status_code == 400
    assert "Expected" in answer.json()["detail"]


def test_perfetto_sees_every_span_at_its_time(example: RunningServer) -> None:
    lead, tree = one_lead(example)
    events = example.get(f"/api/executions/{lead}/export", params={"format": "perfetto"}).json()["traceEvents"]

    spans = sorted((event["name"], event["ts"], event["dur"]) for event in events if event["ph"] == "X")
    executions = [(node["agent"], node["offset_ns"] / 1000, node["duration_ns"] / 1000) for node in tree["executions"]]
    steps = [(node["name"], node["offset_ns"] / 1000, node["duration_ns"] / 1000) for node in tree["steps"]]
    assert spans == sorted(executions + steps)


def test_speedscope_gets_stacks_that_open_and_close(example: RunningServer) -> None:
    lead, tree = one_lead(example)
    answer = example.get(f"/api/executions/{lead}/export", params={"format": "speedscope"})
    made = answer.json()
    frames = [frame["name"] for frame in made["shared"]["frames"]]

    opened = 0
    for profile in made["profiles"]:
        stack: list[int] = []
        at = 0
        for event in profile["events"]:
            assert at <= event["at"] <= profile["endValue"]
            at = event["at"]
            if event["type"] == "O":
                opened += 1
                stack.append(event["frame"])
            else:
                assert stack.pop() == event["frame"]
        assert stack == []
    assert opened == len(tree["executions"]) + len(tree["steps"])
    assert set(frames) == {node["agent"] for node in tree["executions"]} | {node["name"] for node in tree["steps"]}
    assert 'filename="lead-' in answer.headers["content-disposition"]


def one_lead(server: RunningServer) -> tuple[str, dict[str, Any]]:
    lead = next(item["execution_id"] for item in items(server) if item["agent"] == "lead")
    return lead, server.get(f"/api/executions/{lead}").json()


SPEEDSCOPE = Path(__file__).parents[2] / "web/node_modules/speedscope/dist/release/index.html"


def test_the_real_speedscope_opens_its_file(example: RunningServer, browser: Browser, tmp_path: Path) -> None:
    lead, _ = one_lead(example)
    file = tmp_path / "lead.speedscope.json"
    file.write_bytes(example.get(f"/api/executions/{lead}/export", params={"format": "speedscope"}).content)
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda line: said.append(line.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(SPEEDSCOPE.as_uri())
    page.set_input_files("input[type=file]", file)
    page.wait_for_function("document.title.startsWith('lead ')")

    assert "Importing as speedscope json file" in said
    assert "lead, lane 1" in page.inner_text("body")
    page.close()


def test_the_otlp_file_has_every_span_once(example: RunningServer) -> None:
    answer = example.get("/api/export/executions", params={"format": "otlp", "agent": "lead"})
    spans = [
        span["spanId"]
        for line in answer.text.splitlines()
        for group in json.loads(line).get("resourceSpans", [])
        for scope in group["scopeSpans"]
        for span in scope["spans"]
    ]

    assert answer.headers["longpole-rows"] == "204"
    assert len(spans) == len(set(spans)) == 204


def open_file(browser: Browser, server: RunningServer, execution: str, path: Path) -> tuple[Page, list[str]]:
    """The page of an execution as a file in a browser without network; and what that complained about."""
    answer = server.get(f"/api/executions/{execution}/export", params={"format": "html"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    path.write_bytes(answer.content)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith("file:") else None)
    page.goto(path.as_uri())
    return page, complaints


def test_a_page_shows_an_execution_without_a_server(example: RunningServer, browser: Browser, tmp_path: Path) -> None:
    lead, tree = one_lead(example)
    page, complaints = open_file(browser, example, lead, tmp_path / "lead.html")
    rows = page.locator("#rows .r")

    assert rows.count() == len(tree["executions"]) + len(tree["steps"])
    assert page.locator("h1").inner_text().replace("\u202f", " ") == "5.05 s"
    assert page.locator("#rows .axis u").count() >= 8  # the critical path
    page.locator("#rows .r", has_text="search_articles").click()
    assert page.locator("#details h3").inner_text() == "search_articles"
    page.get_by_role("button", name="Table").click()
    assert rows.first.locator("span").first.inner_text().endswith("lead")  # the longest first
    page.locator("#rows").press("ArrowDown")
    page.context.close()
    assert complaints == []


def test_an_agent_below_a_request_is_shown_with_it(
    shared_server: RunningServer, browser: Browser, tmp_path: Path
) -> None:
    kind = {"key": "longpole.kind", "value": {"stringValue": "agent"}}
    spans = [
        json_span(78, 1, name="POST /ask"),
        json_span(78, 2, parentSpanId=f"{1:016x}", name="helper", attributes=[kind]),
        json_span(78, 3, parentSpanId=f"{2:016x}", name="look up"),
    ]
    assert shared_server.post(json_body(*spans), kind=JSON).status_code == 200
    found = wait_until(
        lambda: [item for item in items(shared_server) if item["agent"] == "helper"], "the execution of the agent"
    )
    page, complaints = open_file(browser, shared_server, found[0]["execution_id"], tmp_path / "helper.html")

    names = page.locator("#rows .r > :first-child").all_inner_texts()
    assert [name.strip("▾⬡ \n") for name in names] == ["POST /ask", "helper", "look up"]
    assert complaints == []
    page.context.close()


def test_hostile_names_and_bodies_are_only_text_on_the_page(
    shared_server: RunningServer, browser: Browser, tmp_path: Path
) -> None:
    hostile = (
        "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">\u2028`${1}`"
    )
    texts = [{"key": key, "value": {"stringValue": hostile}} for key in ("input.value", "output.value", hostile)]
    kind = {"key": "longpole.kind", "value": {"stringValue": "agent"}}
    top = json_span(77, 1, name=hostile, attributes=[kind, *texts])
    step = json_span(
        77, 2, parentSpanId=f"{1:016x}", name=hostile, attributes=texts, status={"code": 2, "message": hostile}
    )
    assert shared_server.post(json_body(top, step), kind=JSON).status_code == 200
    wait_until(lambda: shared_server.get(f"/api/executions/{77:032x}").status_code == 200, "the execution")
    page, complaints = open_file(browser, shared_server, f"{77:032x}", tmp_path / "hostile.html")
    for row in page.locator("#rows .r").all():
        row.click()

    assert page.title() != "owned"
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert hostile[:40] in page.locator("#details h3").inner_text()
    assert complaints == []
    page.context.close()
