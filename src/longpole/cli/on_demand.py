"""Commands whose modules are imported when they are asked for: all of them together take half a second."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

_PASSES_ON: Mapping[str, Any] = {"allow_extra_args": True, "ignore_unknown_options": True}
"""What `run` and `record` are given belongs to the program that they run."""

_CONTEXTS: Mapping[str, Mapping[str, Any]] = {
    "run": _PASSES_ON,
    "record": _PASSES_ON,
    "replay": {"allow_extra_args": True},
}
_MODULES = {"import": "import_files"}
"""Commands whose module cannot have their name."""

PANELS: Mapping[str, tuple[str, ...]] = {
    "Record and keep": (
        "run", "record", "serve", "doctor", "health", "import", "export", "sql", "mcp", "processes", "bench",
        "completion", "alerts", "webhooks", "store", "deadletter", "prices", "keys", "noise",
    ),
    "One execution": (
        "list", "show", "findings", "critical-path", "totals", "waiting", "what-if", "coverage", "compare", "replay",
    ),
    "Many executions": (
        "overview", "running", "watch", "report", "statistics", "failures", "why-not", "sessions", "bottlenecks",
        "slow", "repeats", "regressions", "trends", "patterns", "capacity", "cost",
    ),
    "Code": ("audit", "ci"),
}  # fmt: skip
"""Under which heading of `longpole --help` each command stands, the likeliest first."""


class OnDemand(TyperGroup):
    """The commands of `PANELS`. That of `what-if` is `what_if_command` of the module `what_if`; where commands are
    below it, `what_if_app`."""

    def __init__(self, **told: Any) -> None:
        """Know the names."""
        super().__init__(**told)
        self.commands: Any = _Commands()


class _Commands(Mapping[str, Any]):
    """The commands by name, each made when it is first looked at."""

    def __init__(self) -> None:
        self._panels = {name: panel for panel, names in PANELS.items() for name in names}
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = _make(name, panel=self._panels[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._panels)

    def __len__(self) -> int:
        return len(self._panels)


def _make(name: str, *, panel: str) -> Any:
    word = name.replace("-", "_")
    module = import_module(f"longpole.cli.{_MODULES.get(name, word)}")
    group = getattr(module, f"{word}_app", None)
    if group is not None:
        command = typer.main.get_group(group)
        command.name, command.rich_help_panel = name, panel
        return command
    alone = typer.Typer(add_completion=False)
    context = dict(_CONTEXTS.get(name, {}))
    alone.command(name, rich_help_panel=panel, context_settings=context)(getattr(module, f"{word}_command"))
    return typer.main.get_command(alone)
