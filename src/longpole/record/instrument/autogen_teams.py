"""AutoGen: a run of a team, which makes no span (0.7.5): its agents would be executions that nothing holds together."""

from functools import partial
from importlib import import_module
from typing import Any

from longpole.model.category import Category
from longpole.record.instrument.framework_steps import site_named
from longpole.record.instrument.replacement import Replacements
from longpole.record.site import Site
from longpole.record.streams import wrap_async_generator
from longpole.wire import longpole_names as names

_MODULE = "autogen_agentchat.teams._group_chat._base_group_chat"
_hook = Replacements()


def install() -> None:
    """Turns it on; again does nothing.

    Raises:
        ImportError: the package autogen-agentchat is not installed.
    """
    if not _hook.is_on:
        _hook.add(import_module(_MODULE).BaseGroupChat, "run_stream", _as_execution)


def remove() -> None:
    """Turns it off."""
    _hook.remove()


def _as_execution(original: Any, is_wanted: Any) -> Any:
    """`run` of a team reads `run_stream`, so that this is every run."""

    def run_stream(self: Any, *args: Any, **given: Any) -> Any:
        if not is_wanted():
            return original(self, *args, **given)
        return wrap_async_generator(partial(original, self), _site(str(self.name)))(*args, **given)

    return run_stream


def _site(team: str) -> Site:
    return site_named(team, Category.AGENT, agent=team, kind={names.KIND: "workflow", names.METHOD: "run"})
