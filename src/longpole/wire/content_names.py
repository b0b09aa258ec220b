"""Which attributes of other libraries' spans hold what people and models said, and not what happened.

The same names by which `ingest` finds inputs and outputs, and a few that it leaves among the attributes. The text of a
database statement is not among them: it comes without its parameters, and repeated queries are found by it.
"""

import re
from functools import lru_cache

from longpole.wire.attribute_names import DETAILS_EVENT, INPUT_EVENTS, INPUTS, OUTPUT_EVENTS, OUTPUTS

_STATEMENTS = ("db.query.text", "db.statement")
_FURTHER = (
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "{llm.tools}",
    "{llm.prompt_template}",
    "{llm.choices}",
    "{llm.prompts}",
    "{tool}",
    "{message}",
    "{gen_ai.request.functions}",
    "{llm.request.functions}",
    "gen_ai.event.content",
    "metadata",
)
_NAMES = {*INPUTS, *OUTPUTS, *_FURTHER}.difference(_STATEMENTS)
_EXACT = frozenset(name for name in _NAMES if not name.startswith("{")) | {
    name.strip("{}") for name in _NAMES if name.startswith("{")
}
_HEADS = tuple(name.strip("{}") + "." for name in _NAMES if name.startswith("{"))
_CONTENT_EVENTS = frozenset({*INPUT_EVENTS, *OUTPUT_EVENTS, DETAILS_EVENT})
# Last parts of flattened names that tell what kind of thing stands there, not what it says.
_KINDS = frozenset({"role", "name", "type", "id", "index", "finish_reason", "stop_reason", "mime_type", "score"})

# A word of the protocols themselves tells nobody's secret, and without it a conversation is only hashes.
PROTOCOL_WORDS = frozenset(
    re.findall(
        r"\w+",
        "system user assistant developer tool function model human ai text json image audio thinking reasoning "
        "tool_call tool_calls tool_use tool_result tool_call_response function_call function_call_output message "
        "stop length content_filter end_turn max_tokens stop_sequence string object number integer boolean array",
    )
)


@lru_cache(4096)
def is_content(name: str) -> bool:
    """Whether the attribute of this name holds content.

    >>> is_content("gen_ai.input.messages"), is_content("llm.input_messages.0.message.content")
    (True, True)
    >>> is_content("llm.input_messages.0.message.role"), is_content("gen_ai.usage.input_tokens")
    (False, False)
    """
    if name in _EXACT:
        return True
    return name.startswith(_HEADS) and name.rpartition(".")[2] not in _KINDS


def is_content_event(name: str) -> bool:
    """Whether the attributes of a span event of this name are one message or whole conversations."""
    return name in _CONTENT_EVENTS
