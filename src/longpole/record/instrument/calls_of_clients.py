"""Model calls that a framework and the client below it both show, side by side: the client's is the one that counts.

LlamaIndex ends its span of a streamed call before the stream is read, so that the client's span is not inside, and the
tokens of both would be added up. A call that no client shows stays LlamaIndex's.
"""

from typing import Any

from longpole.record.instrument.libraries import LIBRARIES

_FRAMEWORK = "openinference.instrumentation.llama_index"
_CLIENTS = tuple(
    target.how.partition(":")[0] for row in LIBRARIES.values() if row.kind == "model" for target in row.targets
)
_KIND, _MODEL, _TOKENS = "openinference.span.kind", "llm.model_name", "llm.token_count."


class CallsOfClients:
    """How many calls of model clients have begun in this process."""

    def __init__(self) -> None:
        self._begun = 0
        self._before: dict[int, int] = {}  # by span id, for open spans of the framework

    def begin(self, span: Any) -> None:
        """A span has started."""
        scope = _scope(span)
        if scope.startswith(_CLIENTS):
            self._begun += 1
        elif scope.startswith(_FRAMEWORK):
            self._before[span.context.span_id] = self._begun

    def end(self, span: Any) -> dict[str, Any]:
        """A span has ended: the attributes by which it is none of a model call, if it is none that counts."""
        before = self._before.pop(span.context.span_id, None)
        told = span.attributes or {}
        if before is None or told.get(_KIND) != "LLM":
            return {}
        is_call = not span.name.rpartition(".")[2].startswith("_")  # of its preparations it makes spans, too
        if is_call and before == self._begun:
            return {}
        return {_KIND: "CHAIN"} | {name: None for name in told if name == _MODEL or name.startswith(_TOKENS)}


def _scope(span: Any) -> str:
    return "" if span.instrumentation_scope is None else span.instrumentation_scope.name
