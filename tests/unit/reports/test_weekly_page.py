"""The page of a report: one file that asks nobody, escapes what users named, and says what it does not know."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from changing_agents import DAY_NS, FIRST_NS, changing_agents
from longpole.model.clock import to_rfc3339
from longpole.model.finding import Finding
from longpole.reports.export.charts import Bar, band_chart, bar_chart, round_steps, spark_line
from longpole.reports.export.markup import Html, joined, tag
from longpole.reports.export.weekly_page import render_weekly_page
from longpole.reports.weekly import REPORT
from longpole.store.engine import Engine
from longpole.store.store import open_store

HOSTILE = '<script>alert("x")</script> & "quoted" \'it\''
TO = ("to", to_rfc3339(FIRST_NS + 45 * DAY_NS))
EMPTY_ELEMENTS = {"meta", "br", "rect", "line", "path", "circle"}


class Elements(HTMLParser):
    """What is in a page: its elements with their attributes, its text, and whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and that it is open."""
        self.found.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element without content."""
        self.found.append((tag, dict(attrs)))
        if tag not in EMPTY_ELEMENTS:
            self.wrong.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It must close what was opened last."""
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.texts.append(data)


@pytest.fixture(scope="module")
def store() -> Iterator[Engine]:
    """Four agents with hostile names in all that users name, one of which is never skipped, and findings."""
    engine = open_store(":memory:")
    batch = changing_agents(20)
    batch.executions = [
        replace(
            row, agent=f"{row.agent} {HOSTILE}", error_type=f"E{HOSTILE}" if row.status == "failed" else None,
            error_message=f"message {HOSTILE}" if row.status == "failed" else None, critical_ns=row.self_ns,
        )
        for row in batch.executions
    ]  # fmt: skip
    batch.steps = [
        replace(
            step, agent=f"{step.agent} {HOSTILE}", name=f"{step.name} {HOSTILE}", critical_ns=step.self_ns,
            model=step.model and f"{step.model} {HOSTILE}", tool=step.tool and f"{step.tool} {HOSTILE}",
        )
        for step in batch.steps
    ]  # fmt: skip
    batch.findings = [
        Finding(
            workspace="default", finding_id=row.execution_id, execution_id=row.execution_id, rule="repeats.same_call",
            title=f"title {HOSTILE}", advice=f"Use `{HOSTILE}`.", confidence="high", evidence="{}", saving_ns=10**8,
            saving_usd_nanos=None, code_file=f"file {HOSTILE}", code_line=7, code_function=f"function {HOSTILE}",
            raised_ns=row.started_ns,
        )
        for row in batch.executions
    ]  # fmt: skip
    engine.write(batch)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def page(store: Engine) -> str:
    return render_weekly_page(REPORT.ask(store, [TO, ("environment", "")]))


def test_the_page_is_one_whole_document(page: str):
    assert page.startswith("<!doctype html>\n<html lang=")
    elements = Elements(page)
    assert (elements.open, elements.wrong) == ([], [])
    assert len(page.encode()) < 500_000
    headings = [name for name, _ in elements.found if name in ("h1", "h2")]
    assert headings.count("h1") == 1
    parts = (
        "best opportunities",
        "Executions by day",
        "What changed",
        "Agents",
        "Failures",
        "Cost by model",
        "Capacity",
    )
    assert [part for part in parts if part not in page] == []


def test_nothing_is_asked_of_any_server_and_nothing_is_run(page: str):
    elements = Elements(page)
    names = {name for name, _ in elements.found}
    assert names.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "a", "form", "base", "use", "image"})
    assert not re.search(r"https?://|url\(|@import|@font-face", page)
    attributes = {attribute for _, given in elements.found for attribute in given}
    assert {name for name in attributes if name in ("src", "href", "srcset") or name.startswith("on")} == set()
    policies = [given["content"] for _, given in elements.found if given.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_names_of_users_are_text_and_never_elements(page: str):
    text = "".join(Elements(page).texts)
    whole = (f"writer {HOSTILE}", f"title {HOSTILE}", f"message {HOSTILE}", f"model-a {HOSTILE}", f"search {HOSTILE}")
    assert [one for one in whole if one not in text] == []
    assert f"E{HOSTILE}" in text
    assert f"file {HOSTILE}:7" in text


def test_both_themes_paper_and_narrow_screens_are_thought_of(page: str):
    for rule in ("prefers-color-scheme:dark", "@media print", "max-width:560px"):
        assert rule in page
    assert '<meta name="viewport"' in page


def test_every_chart_has_a_name_for_who_cannot_see_it(page: str):
    plots = [given for name, given in Elements(page).found if name == "svg" and given.get("role") == "img"]
    assert len(plots) >= 10
    assert all(given.get("aria-label") for given in plots)


def test_an_empty_period_is_one_sentence_and_what_to_do(store: Engine):
    empty = render_weekly_page(REPORT.ask(store, [("to", "2020-01-08T00:00:00Z")]))
    text = "".join(Elements(empty).texts)
    assert "Nothing ran from 1 Jan 2020 to 8 Jan 2020 UTC." in text
    assert "longpole run -- python your_program.py" in text
    assert "<svg" in empty
    assert "Agents" not in text


def test_what_is_unknown_is_called_so(store: Engine):
    engine = open_store(":memory:")
    batch = changing_agents(4)
    batch.executions = [replace(row, self_cost_usd_nanos=None) for row in batch.executions]
    batch.steps = [replace(step, cost_usd_nanos=None, input_tokens=None, output_tokens=None) for step in batch.steps]
    engine.write(batch)
    report = REPORT.ask(engine, [TO])
    engine.close()
    page = render_weekly_page(report)
    assert "cost unknown." in report.sentences[0]
    assert "No cost is known" in page
    assert "Of 112 model calls 112 have no known price and are missing in the cost." in report.sentences
    assert "$0" not in "".join(Elements(page).texts)


def test_html_escapes_every_text_that_is_not_html_already():
    assert tag("b", "<i>", tag("i", "&"), title='"<') == '<b title="&quot;&lt;">&lt;i&gt;<i>&amp;</i></b>'
    assert joined(["<", Html("<hr/>"), None]) == "&lt;<hr/>"
    assert tag("rect", x=1, class_="bar", fill=None) == '<rect x="1" class="bar"/>'


def test_charts_stand_nothing_at_all_and_gaps():
    assert "NaN" not in bar_chart([], [], words=str, title="none")
    assert bar_chart([Bar(0, 0, "nothing")], ["Mon"], words=str, title="zero").count("<rect") == 3
    gaps = band_chart([None, 1e9, None], [None, 2e9, None], ["", "", ""], tips=["a", "b", "c"], words=str, title="one")
    assert gaps.count('class="band"') == 1
    assert spark_line([None, 3.0, None], title="one point") == ""
    assert spark_line([5.0, 5.0], title="level").count("<path") == 1


@pytest.mark.parametrize("most", [0.0003, 0.7, 1, 2.5, 9, 10, 134, 99_999, 2.68e9])
def test_a_scale_ends_at_or_above_the_largest_value_in_a_few_round_steps(most: float):
    step, count = round_steps(most)
    assert most <= step * count * (1 + 1e-9)
    assert step * (count - 1) < most
    assert 2 <= count <= 5
    assert f"{step:e}"[0] in "125"
