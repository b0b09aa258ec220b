"""`longpole run -- python app.py` records programs that know nothing of Longpole, and breaks none."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from library_programs import LONGPOLE, run_program, shown
from longpole.settings import child_environment
from model_provider import ModelProvider
from running_server import RunningServer

GRAPH = """
import sys
from typing import TypedDict
import httpx
from langchain_openai import ChatOpenAI
from langgraph.graph import START, StateGraph

class State(TypedDict):
    words: str

model = ChatOpenAI(model="gpt-4o-mini", base_url=sys.argv[1] + "/v1", api_key="x", max_retries=0)
graph = StateGraph(State)
graph.add_node("think", lambda state: {"words": model.invoke("think").content})
graph.add_edge(START, "think")
graph.compile(name=sys.argv[2]).invoke({"words": ""})
"""
KNOWS_LONGPOLE = """
import sys
import longpole
longpole.configure(service="own name")
longpole.instrument("openai")
import openai

@longpole.agent
def knower():
    client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="x", max_retries=0)
    client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "hi"}])

knower()
"""
# The provider is set before, or after, the library is imported; the exporter takes its address from the environment.
TRACES_ITSELF = """
import sys
if sys.argv[2] == "library first":
    import openai
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
if sys.argv[2] != "no instrumentor":
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
    OpenAIInstrumentor().instrument()
import openai

client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="x", max_retries=0)
with trace.get_tracer("app").start_as_current_span("invoke_agent tracer") as span:
    span.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": sys.argv[2]})
    client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "hi"}])
provider.shutdown()
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[ModelProvider]:
    with ModelProvider() as running:
        yield running


def through_run(server: RunningServer, *options: str) -> tuple[str, ...]:
    """What stands before `python` in the command."""
    return (str(LONGPOLE), "run", "--url", server.url, *options, "--")


def test_a_program_that_knows_nothing_of_longpole_is_recorded(
    shared_server: RunningServer, provider: ModelProvider, tmp_path: Path
) -> None:
    prefix = through_run(shared_server)
    run_program(GRAPH, tmp_path, provider.url, "unknowing", server=shared_server.url, prefix=prefix)
    tree = shown(shared_server, "unknowing", 5)
    model = "unknowing > think > chat gpt-4o-mini"
    assert tree.paths() == [
        "unknowing",
        "unknowing > think",
        model,
        f"{model} > chat gpt-4o-mini",
        f"{model} > chat gpt-4o-mini > POST",
    ]
    assert tree.execution["input_tokens"] == provider.served[-1].input_tokens
    assert tree.detail(tree.one("think"))["service"] == "program"


def test_without_instrumentation_nothing_is_recorded(
    shared_server: RunningServer, provider: ModelProvider, tmp_path: Path
) -> None:
    prefix = through_run(shared_server, "--no-instrument")
    run_program(GRAPH, tmp_path, provider.url, "alone", server=shared_server.url, prefix=prefix)
    assert not (tmp_path / "data").exists()  # no SDK, no spool


def test_a_program_that_sets_longpole_up_itself_is_recorded_once(
    shared_server: RunningServer, provider: ModelProvider, tmp_path: Path
) -> None:
    prefix = through_run(shared_server)
    run_program(KNOWS_LONGPOLE, tmp_path, provider.url, server=shared_server.url, prefix=prefix)
    tree = shown(shared_server, "knower", 3)
    assert tree.paths() == ["knower", "knower > chat gpt-4o-mini", "knower > chat gpt-4o-mini > POST"]
    assert tree.detail(tree.one("knower"))["service"] == "own name"


@pytest.mark.parametrize("order", ["library first", "instrumentor first", "no instrumentor"])
def test_a_program_that_traces_itself_is_shown_once(
    shared_server: RunningServer, provider: ModelProvider, tmp_path: Path, order: str
) -> None:
    prefix = through_run(shared_server)
    run_program(TRACES_ITSELF, tmp_path, provider.url, order, server=shared_server.url, prefix=prefix)
    tree = shown(shared_server, order, 3)
    assert [path.removeprefix(f"{order} > ") for path in tree.paths()] == [
        order,
        "chat gpt-4o-mini",
        "chat gpt-4o-mini > POST",
    ]
    assert tree.execution["input_tokens"] == provider.served[-1].input_tokens


def test_a_sitecustomize_of_the_program_runs_too(shared_server: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("import sys; sys.of_the_program = True")
    source = (
        "import sys; print(sys.of_the_program, 'longpole' in sys.modules, [p for p in sys.path if 'at_start' in p])"
    )
    printed = run_program(
        source,
        tmp_path,
        server=shared_server.url,
        prefix=through_run(shared_server),
        PYTHONPATH=str(tmp_path / "site"),
    )
    assert printed == "True True []\n"


def test_a_package_of_the_program_may_be_called_agents(shared_server: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").write_text("name = 'mine'")
    source = "import agents; print(agents.name)"
    printed = run_program(source, tmp_path, server=shared_server.url, prefix=through_run(shared_server))
    assert printed == "mine\n"


def test_a_python_without_longpole_runs_as_ever(shared_server: RunningServer, tmp_path: Path) -> None:
    plain = Path(sys.base_prefix) / "bin" / "python3"
    done = subprocess.run(
        [*through_run(shared_server), str(plain), "-c", "import sys; print('longpole' in sys.modules)"],
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(tmp_path)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


def test_a_place_where_nothing_can_be_kept_does_not_stop_the_program(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [LONGPOLE, "run", "--url", "http://127.0.0.1:1", "--", sys.executable, "-c", "print('ran')"],
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(tmp_path / "file" / "folder")}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert "Traceback" not in done.stderr
