"""The documents' usage snippets, run as they stand there: only the lines that import are changed."""

import textwrap
from typing import Any

IMPORTS = {
    "from writeros.agents.base import BaseAgent": "from longpole import BaseAgent",
    "from writeros.schema import ExecutionStage": "from longpole import ExecutionStage",
    "from writeros.utils.execution_analytics import ExecutionAnalytics": "from longpole import ExecutionAnalytics",
}


def run_snippet(text: str, **around: Any) -> dict[str, Any]:
    """Runs a snippet among the names that its document takes for granted; gives back all names there are then."""
    lines = [IMPORTS.get(line, line) for line in textwrap.dedent(text).strip().splitlines()]
    scope = {"__name__": "snippet", **around}
    exec(compile("\n".join(lines), "<snippet>", "exec"), scope)
    return scope
