"""The table of `make frameworks`: what was shown of each framework's example, beside what should be."""

from typing import NamedTuple

from framework_runs import EXAMPLES, Seen

HEAD = ("framework", "version", "executions", "agents", "models", "tools", "tokens in, out", "result")
TITLES = {
    "openai": ("OpenAI client", "openai"),
    "openai_agents": ("OpenAI Agents SDK", "openai-agents"),
    "langgraph": ("LangGraph", "langgraph"),
    "pydantic_ai": ("Pydantic AI", "pydantic-ai-slim"),
    "crewai": ("CrewAI", "crewai"),
    "llama_index": ("LlamaIndex", "llama-index-core"),
    "smolagents": ("smolagents", "smolagents"),
    "google_adk": ("Google ADK", "google-adk"),
    "autogen": ("AutoGen", "autogen-agentchat"),
    "fastapi": ("FastAPI", "fastapi"),
    "celery": ("Celery", "celery"),
}
"""What a framework is called, and its package."""


class Row(NamedTuple):
    """A run: of which framework, what was shown and what should be."""

    framework: str
    shown: Seen
    expected: Seen

    @property
    def result(self) -> str:
        """`ok`, or what differs."""
        differing = [
            f"{name}: {shown} instead of {expected}"
            for name, shown, expected in zip(Seen._fields, self.shown, self.expected, strict=True)
            if shown != expected
        ]
        return "; ".join(differing) or "ok"


def version(framework: str) -> str:
    """The version that its environment is made with."""
    package = TITLES[framework][1]
    locked = (EXAMPLES / framework / "requirements.lock").read_text().splitlines()
    return next(line.partition("==")[2] for line in locked if line.startswith(f"{package}=="))


def drawn(rows: list[Row]) -> str:
    """The rows as a table of Markdown."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (HEAD, ("---",) * len(HEAD), *map(_cells, rows))]
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    shown = row.shown
    return (
        TITLES[row.framework][0],
        version(row.framework),
        str(sum(shown.executions.values())),
        _listed(shown.executions),
        _listed(shown.models),
        _listed(shown.tools),
        "{:,}, {:,}".format(*shown.tokens),
        row.result,
    )


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" if count > 1 else name for name, count in counts.items())
