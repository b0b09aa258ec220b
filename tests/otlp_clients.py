"""The recorded requests of real clients in `tests/otlp_captures`, and what is true about them."""

import gzip
import json
from pathlib import Path
from typing import Any

from msgspec import Struct

FOLDER = Path(__file__).parent / "otlp_captures"
CLIENTS = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())


class Recorded(Struct):
    """One request as it was sent."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def plain_body(self) -> bytes:
        """The body as it is without its content encoding."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body

    @property
    def is_json(self) -> bool:
        """Whether it is OTLP in JSON, not in protobuf."""
        return self.headers["content-type"].startswith("application/json")


class Truth(Struct):
    """What must be stored after a client's requests: counted by its model provider, and by eye in its own program."""

    spans: int
    agents: dict[str, int]
    nested: dict[str, str]
    tokens: tuple[int, int]
    model_calls: int
    calls_without_usage: int
    failed_calls: int
    tools: set[str]
    failed_agents: set[str]


# The test models of pydantic-ai and LangChain count for themselves: 2 x (103, 15) tokens, and two calls that tell none.
_PYDANTIC_TEST_MODEL = (206, 30)

TRUTHS = {
    "langgraph": Truth(
        spans=36,
        agents={"LangGraph": 3},
        nested={},
        tokens=(67, 119),
        model_calls=10,
        calls_without_usage=3,
        failed_calls=1,
        tools={"search"},
        failed_agents={"LangGraph"},
    ),
    "openaiagents": Truth(
        spans=53,
        agents={"Agent workflow": 5, "triage": 1, "billing": 4, "doomed": 1},
        nested={"triage": "Agent workflow", "billing": "Agent workflow", "doomed": "Agent workflow"},
        tokens=(1072, 221),
        model_calls=14,
        calls_without_usage=1,
        failed_calls=1,
        tools={"get_weather", "flaky"},
        failed_agents={"doomed"},
    ),
    "openaiv2": Truth(
        spans=59,
        agents={"caller": 1},
        nested={},
        tokens=(181, 204),
        model_calls=16,
        calls_without_usage=1,
        failed_calls=1,
        tools=set(),
        failed_agents=set(),
    ),
    "pydanticai": Truth(
        spans=37,
        agents={"researcher": 4, "orchestrator": 1, "test_model_agent": 2},
        nested={"researcher": "orchestrator"},
        tokens=(1123 + _PYDANTIC_TEST_MODEL[0], 238 + _PYDANTIC_TEST_MODEL[1]),
        model_calls=18,
        calls_without_usage=0,
        failed_calls=0,
        tools={"search", "slow_db", "add", "delegate", "broken"},
        failed_agents={"orchestrator"},
    ),
    "traceloop": Truth(
        spans=19,
        agents={"pipeline": 1, "writer": 1, "unlucky": 1, "LangGraph": 2},
        nested={"writer": "pipeline", "unlucky": "pipeline"},
        tokens=(67, 119),
        model_calls=9,
        calls_without_usage=1,
        failed_calls=1,
        tools={"lookup"},
        failed_agents={"unlucky"},
    ),
    # The streamed call told no tokens: 9 and 17 of the provider's sums are unknown.
    "vercelai_js": Truth(
        spans=18,
        agents={"weather-agent": 1, "worker-1": 1, "worker-2": 1, "worker-3": 1, "streamer": 1, "doomed": 1},
        nested={},
        tokens=(271 - 9, 119 - 17),
        model_calls=9,
        calls_without_usage=3,
        failed_calls=2,
        tools={"weather", "broken"},
        failed_agents={"doomed"},
    ),
}


def requests_of(client: str) -> list[Recorded]:
    """What a client sent, in order."""
    entries = json.loads((FOLDER / client / "manifest.json").read_text())
    return [Recorded(one["path"], one["headers"], (FOLDER / client / one["file"]).read_bytes()) for one in entries]


def provider_truth(client: str) -> dict[str, Any]:
    """What the model provider served: `prompt_tokens`, `completion_tokens`, `calls`, ..."""
    return json.loads((FOLDER / client / "truth.json").read_text())
