"""LangChain and LangGraph: graphs as executions; nodes, chains, tools, retrievers and model calls as steps.

A callback handler of our own, registered by LangChain's own way for such handlers. Of the two kept instrumentors one
(OpenInference 0.1.80) does not make its spans the current ones, so that the model client's own span does not stand
below that of the `ChatOpenAI` and its tokens count twice; the other (opentelemetry-instrumentation-genai-langchain
1.3b0) shows no nodes. Both were tried on one graph of four nodes.
"""

import sys
from contextvars import ContextVar
from typing import Any

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.record.current import STARTED
from longpole.record.instrument.framework_steps import (
    FrameworkSteps,
    never_raises,
    set_back,
    site_named,
    usage_attributes,
)
from longpole.record.instrument.replacement import Replacements
from longpole.record.more import ATTRIBUTES, FIRST_TOKEN, put
from longpole.record.recorder import recorder
from longpole.record.running import as_given
from longpole.record.site import Site
from longpole.wire import longpole_names as names

# Details of `usage_metadata`, LangChain's own names for what providers count.
_DETAILS = {
    "cache_read_tokens": ("input_token_details", "cache_read"),
    "cache_write_tokens": ("input_token_details", "cache_creation"),
    "reasoning_tokens": ("output_token_details", "reasoning"),
}
_ENDS = {
    "AsyncCallbackManagerForChainRun": ("on_chain_end", "on_chain_error"),
    "AsyncCallbackManagerForLLMRun": ("on_llm_end", "on_llm_error"),
    "AsyncCallbackManagerForToolRun": ("on_tool_end", "on_tool_error"),
    "AsyncCallbackManagerForRetrieverRun": ("on_retriever_end", "on_retriever_error"),
}
_GRAPHS = ("langgraph", "langchain_create_agent")  # what LangChain's metadata call a graph, and an agent made of one
_DEEPEST, _LONGEST = 6, 500
# The modules between a run's start and this handler.
_CALLBACKS = (__name__, "longpole.record.instrument.framework_steps", "langchain_core.callbacks.manager")
_installed: list[Any] = []
_hook = Replacements()


def install() -> None:
    """Hears of everything that runs through LangChain's callbacks from now on.

    Raises:
        ImportError: the package langchain-core is not installed.
    """
    from langchain_core.callbacks import BaseCallbackHandler, manager  # noqa: PLC0415 - optional package
    from langchain_core.tracers.context import register_configure_hook  # noqa: PLC0415

    if not _installed:
        handler = type("LongpoleHandler", (RunListener, BaseCallbackHandler), {})()
        _installed.append(handler)
        register_configure_hook(ContextVar("longpole_langchain", default=handler), inheritable=True)
    _installed[0].is_on = True
    if not _hook.is_on:
        for name, methods in _ENDS.items():
            for method in methods:
                _hook.add(getattr(manager, name), method, _setting_back)


def remove() -> None:
    """Hears nothing any more. The handler stays registered: LangChain has no way to take one out."""
    _hook.remove()
    for handler in _installed:
        handler.is_on = False


def _setting_back(original: Any, is_wanted: Any) -> Any:
    """LangChain tells the end of an async run in a task of its own, where the caller's context cannot be set back."""

    async def longpole_end(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return await original(self, *args, **kwargs)
        finally:
            set_back()

    return longpole_end


class RunListener:
    """What LangChain calls a callback handler. A run's id is a UUID."""

    run_inline = True  # in the context of the run, so that the step can be the current one there
    raise_error = False

    def __init__(self) -> None:
        self.is_on = True
        self._steps = FrameworkSteps()

    @never_raises
    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: Any, **more: Any) -> None:
        """A graph, a node or any other runnable."""
        metadata = more.get("metadata") or {}
        name = _name(serialized, more, "chain")
        self._start(run_id, more, _chain_site(name, metadata), inputs)

    @never_raises
    def on_tool_start(self, serialized: Any, input_str: str, *, run_id: Any, **more: Any) -> None:
        """A tool."""
        given = more.get("inputs")
        site = site_named(_name(serialized, more, "tool"), Category.TOOL)
        self._start(run_id, more, site, input_str if given is None else given)

    @never_raises
    def on_retriever_start(self, serialized: Any, query: str, *, run_id: Any, **more: Any) -> None:
        """A search for documents."""
        self._start(run_id, more, site_named(_name(serialized, more, "retriever"), Category.RETRIEVAL), query)

    @never_raises
    def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: Any, **more: Any) -> None:
        """A call of a chat model."""
        self._start_llm(serialized, [_plain(message) for message in messages[0]] if messages else None, run_id, more)

    @never_raises
    def on_llm_start(self, serialized: Any, prompts: list[str], *, run_id: Any, **more: Any) -> None:
        """A call of a model that completes text."""
        self._start_llm(serialized, prompts, run_id, more)

    @never_raises
    def on_llm_new_token(self, *_: Any, run_id: Any, **__: Any) -> None:
        """A piece of a stream; the first one is noted."""
        record = self._steps.record(run_id)
        if record is not None:
            put(record, FIRST_TOKEN, steady_ns() - record[STARTED])

    @never_raises
    def on_llm_end(self, response: Any, *, run_id: Any, **_: Any) -> None:
        """A model has answered."""
        generations = [one for group in response.generations for one in group]
        messages = [getattr(one, "message", None) for one in generations]
        pairs = zip(generations, messages, strict=True)
        output = [one.text if message is None else _plain(message) for one, message in pairs]
        self._steps.end(run_id, result=output, attributes=_usage_of(response, messages))

    @never_raises
    def on_chain_end(self, outputs: Any, *, run_id: Any, **_: Any) -> None:
        """A graph, node or runnable is done."""
        self._steps.end(run_id, result=_plain(outputs))

    @never_raises
    def on_tool_end(self, output: Any, *, run_id: Any, **_: Any) -> None:
        """A tool is done."""
        failed = getattr(output, "status", None) == "error"
        told = ("ToolError", str(output.content)) if failed else None
        self._steps.end(run_id, result=_plain(output), told_error=told)

    @never_raises
    def on_retriever_end(self, documents: Any, *, run_id: Any, **_: Any) -> None:
        """A search is done."""
        self._steps.end(run_id, result={"documents": len(documents)})

    @never_raises
    def on_chain_error(self, error: BaseException, *, run_id: Any, **_: Any) -> None:
        """It failed; unless the graph only stopped to ask a person, or its reader went away."""
        stops = type(error).__name__ in ("GraphInterrupt", "GraphBubbleUp", "ParentCommand", "GeneratorExit")
        self._steps.end(run_id, error=None if stops else error)

    def on_llm_error(self, error: BaseException, *, run_id: Any, **more: Any) -> None:
        """The model call failed."""
        self.on_chain_error(error, run_id=run_id, **more)

    def on_tool_error(self, error: BaseException, *, run_id: Any, **more: Any) -> None:
        """The tool failed."""
        self.on_chain_error(error, run_id=run_id, **more)

    def on_retriever_error(self, error: BaseException, *, run_id: Any, **more: Any) -> None:
        """The search failed."""
        self.on_chain_error(error, run_id=run_id, **more)

    def _start(self, run_id: Any, more: dict[str, Any], site: Site, given: Any) -> None:
        if not self.is_on:
            return
        metadata = more.get("metadata") or {}
        record = self._steps.start(run_id, more.get("parent_run_id"), site, as_given(_plain(given)))
        thread = metadata.get("thread_id") or metadata.get("session_id")
        if record is not None and thread and site.is_agent:
            put(record, ATTRIBUTES, {"gen_ai.conversation.id": str(thread)})

    def _start_llm(self, serialized: Any, given: Any, run_id: Any, more: dict[str, Any]) -> None:
        if not self.is_on:
            return
        metadata, parameters = more.get("metadata") or {}, more.get("invocation_params") or {}
        model = metadata.get("ls_model_name") or parameters.get("model") or parameters.get("model_name")
        name = f"chat {model}" if model else _name(serialized, more, "chat")
        record = self._steps.start(
            run_id, more.get("parent_run_id"), site_named(name, Category.LLM), ((), {"messages": given})
        )
        if record is not None:
            put(record, ATTRIBUTES, usage_attributes(model=model, provider=metadata.get("ls_provider")))


def _chain_site(name: str, metadata: dict[str, Any]) -> Site:
    if metadata.get("ls_integration") in _GRAPHS and ("langgraph_node" not in metadata or _is_started_by_a_graph()):
        return site_named(name, Category.AGENT, agent=name, kind={names.METHOD: "invoke"})
    return site_named(name, Category.PROCESSING)


def _is_started_by_a_graph() -> bool:
    """Whether LangGraph's own main loop is what starts this run: a graph inside a node looks like any chain there."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - inspect's way costs 100 times as much
    while frame is not None and frame.f_globals.get("__name__") in _CALLBACKS:
        frame = frame.f_back
    return frame is not None and str(frame.f_globals.get("__name__")).startswith("langgraph.pregel.")


def _name(serialized: Any, more: dict[str, Any], otherwise: str) -> str:
    kept = serialized or {}
    return more.get("name") or kept.get("name") or (kept.get("id") or [otherwise])[-1]


def _usage_of(response: Any, messages: list[Any]) -> dict[str, Any]:
    """Tokens as LangChain's own `usage_metadata` has them, else as older integrations put them into `llm_output`."""
    usages = [usage for message in messages if (usage := getattr(message, "usage_metadata", None))]
    told: dict[str, Any] = {}
    if usages:
        usage = usages[0]
        told = {"input_tokens": usage.get("input_tokens"), "output_tokens": usage.get("output_tokens")}
        told |= {name: (usage.get(group) or {}).get(key) for name, (group, key) in _DETAILS.items()}
    elif counts := (response.llm_output or {}).get("token_usage"):
        told = {"input_tokens": counts.get("prompt_tokens"), "output_tokens": counts.get("completion_tokens")}
    described = next((kept for one in messages if (kept := getattr(one, "response_metadata", None))), {})
    attributes = usage_attributes(**told)
    if model := described.get("model_name") or described.get("model"):
        attributes["gen_ai.response.model"] = model
    if response_id := described.get("id"):
        attributes["gen_ai.response.id"] = response_id
    return attributes


def _plain(value: Any, depth: int = 0) -> Any:
    """Messages as what a reader of the conversation wants of them; everything else as it is. Bounded in its cost."""
    if not recorder.keeps_content:
        return None
    if depth < _DEEPEST and isinstance(value, dict):
        return {name: _plain(inner, depth + 1) for name, inner in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple):
        return [_plain(inner, depth + 1) for inner in value[:_LONGEST]]
    if not hasattr(value, "content") or not hasattr(value, "type"):
        return value
    plain = {"role": value.type, "content": value.content}
    calls = getattr(value, "tool_calls", None)
    return plain | {"tool_calls": calls} if calls else plain
