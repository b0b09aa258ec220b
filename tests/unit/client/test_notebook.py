"""What answers are in a notebook: HTML that hostile names do not break, and data frames."""

import subprocess
import sys
from html.parser import HTMLParser

import pandas
import polars
import pytest

from longpole.client.answer_list import AnswerList
from longpole.client.guide_answers import AgentCallChain, SlowRun
from longpole.model import frames
from longpole.model.errors import InvalidInput, MissingPackage
from longpole.record.collector import ExecutionTimingCollector, ExecutionTimingTree
from longpole.reports.running_views import Running, RunningAgent

HOSTILE = "</td><script>alert('x')</script><img src=x onerror=\"alert(1)\">&amp;"
RUN = SlowRun(
    execution_id="e1",
    agent_name=HOSTILE,
    method=None,
    status="success",
    started_at="2026-11-22T09:00:00Z",
    duration_ms=1500.0,
    llm_latency_ms=None,
    overhead_ms=3.0,
)
CALL = AgentCallChain(
    depth=1,
    parent_agent="a",
    child_agent="b",
    call_reason=None,
    status="success",
    duration_ms=None,
    parent_execution_id="p",
    child_execution_id="c",
)
RUNNING = Running(
    at="2026-11-22T09:00:00Z",
    agents=[RunningAgent(workspace="w", agent=HOSTILE, running=1, queued=0, waiting=0, longest_ns=2_000_000_000)],
    executions=[],
    more=0,
    open_requests=[],
    bottleneck=None,
)


class Tags(HTMLParser):
    """The tags and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)
        if tag != "col":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def timed_tree() -> ExecutionTimingTree:
    """A tree of a collector with hostile names, an error and an entry that still runs."""
    collector = ExecutionTimingCollector()
    with collector.time_execution(HOSTILE):
        with pytest.raises(ValueError, match="x"), collector.time_step(HOSTILE, "tool"):
            raise ValueError("x" + HOSTILE)
        open_entry = collector.start_timing("open", "llm")
        collector.end_timing(open_entry)
    assert collector.last_tree is not None
    return collector.last_tree


@pytest.mark.parametrize(
    "answer", [RUN, AnswerList(SlowRun, [RUN]), RUNNING, timed_tree()], ids=lambda one: type(one).__name__
)
def test_hostile_names_are_texts_and_nothing_is_loaded(answer: object) -> None:
    page = answer._repr_html_()  # type: ignore[attr-defined]
    read = Tags(page)
    assert read.open == []
    assert set(read.tags) <= {"div", "span", "b", "table", "colgroup", "col", "tr", "th", "td"}
    assert any(HOSTILE in text for text in read.texts)


def test_times_are_in_words_and_what_is_unknown_says_so() -> None:
    texts = Tags(AnswerList(SlowRun, [RUN, RUN])._repr_html_()).texts
    assert "1.50\u202fs" in texts
    texts = Tags(AnswerList(AgentCallChain, [CALL])._repr_html_()).texts
    assert "duration" not in texts  # a column that nobody knows anything of is not shown


def test_a_list_is_a_data_frame_of_pandas_or_polars_and_keeps_its_columns_when_empty() -> None:
    frame = AnswerList(SlowRun, [RUN]).to_dataframe()
    assert isinstance(frame, pandas.DataFrame)
    assert frame.duration_ms.tolist() == [1500.0]
    empty = AnswerList(SlowRun, []).to_dataframe(library="polars")
    assert isinstance(empty, polars.DataFrame)
    assert empty.columns == list(SlowRun.__struct_fields__)


def test_of_an_answer_with_several_lists_one_is_named() -> None:
    assert RUNNING.to_dataframe("agents").longest_ns.tolist() == [2_000_000_000]
    assert next(iter(RUNNING.to_dataframe("executions").columns)) == "execution_id"
    with pytest.raises(InvalidInput, match="agents, executions, open_requests"):
        RUNNING.to_dataframe()
    with pytest.raises(InvalidInput, match="no list 'agent'"):
        RUNNING.to_dataframe("agent")


def test_a_tree_of_a_collector_is_a_data_frame_too() -> None:
    frame = timed_tree().to_dataframe(library="polars")
    assert frame["depth"].to_list() == [0, 1, 1]
    assert frame["category"].to_list() == ["agent", "tool", "llm"]


def test_without_pandas_and_polars_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "find_spec", lambda _name: None)
    with pytest.raises(MissingPackage, match="pip install pandas"):
        AnswerList(SlowRun, [RUN]).to_dataframe()


def test_neither_library_is_imported_before_it_is_asked_for() -> None:
    program = "import sys, longpole.client.analytics; print({'pandas', 'polars', 'IPython'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
