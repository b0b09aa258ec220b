"""The generated part of `docs/reference/mapping.md`, from the tables that recognition reads.

The rules above it are written by hand in the page itself; only what stands between the two marks is replaced.
"""

from collections.abc import Iterable
from pathlib import Path

from longpole.wire import attribute_names as names
from longpole.wire import attribute_values as values
from longpole.wire.attribute_values import Meaning

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "mapping.md"
START = "<!-- made from wire/attribute_names.py and wire/attribute_values.py by `make docs`: start -->"
END = "<!-- made from wire/attribute_names.py and wire/attribute_values.py by `make docs`: end -->"


def generated() -> str:
    """The tables as Markdown, without the marks around them."""
    parts = [
        "### Facts\n",
        "The first name with a usable value wins.\n",
        _table(("fact", "read from, best first"), _facts()),
        "### Input and output\n",
        "A name in braces is the head of a flattened list, such as `llm.input_messages.0.message.role`.\n",
        _table(("body", "read from, best first"), [("input", _codes(names.INPUTS)), ("output", _codes(names.OUTPUTS))]),
        "### Kind attributes\n",
        "Values are compared in lower case. The attributes are asked from top to bottom.\n",
        _table(("attribute", "value", "becomes"), _meanings()),
        "### Presence of an attribute\n",
        "Asked from top to bottom when no kind attribute has a known value.\n",
        _table(("attribute", "becomes"), [(f"`{name}`", _meaning(value)) for name, value in values.PRESENCE.items()]),
        _table(
            ("attributes that begin with", "becomes"),
            [(f"`{name}`", _meaning(value)) for name, value in values.PRESENCE_PREFIXES.items()],
        ),
        _table(
            ("`mcp.method.name`", "becomes"),
            [(f"`{name}`", _meaning(value)) for name, value in values.MCP_METHODS.items()],
        ),
        "### Names of spans\n",
        _table(("of", "name", "becomes"), _span_names()),
        "### Events\n",
        _table(
            ("event", "becomes"),
            [
                *((f"`{name}`", f"message of the input, role `{role or '-'}`") for name, role in _input_events()),
                *((f"`{name}`", "message of the output") for name in names.OUTPUT_EVENTS),
                *((f"`{name}`", "the first token, if it is the first") for name in sorted(names.FIRST_TOKEN_EVENTS)),
            ],
        ),
    ]
    return "\n".join(parts)


def render() -> str:
    """The page as Markdown: what it says now, with the tables as they are now."""
    before, _, rest = PAGE.read_text("utf-8").partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{generated()}\n{END}{after}"


def _facts() -> Iterable[tuple[str, str]]:
    groups = (names.TEXTS, names.STRUCTURES, names.COUNTS, names.NUMBERS)
    for group in groups:
        for fact, sources in group.items():
            yield f"`{fact}`", _codes(sources)
    for fact, scaled in names.SCALED.items():
        shown = (f"`{name}`" + (f" × {factor:g}" if factor != 1 else "") for name, factor in scaled)
        yield f"`{fact}`", ", ".join(shown)
    for group in (names.HINTS, names.OBJECTS, names.FLAGS):
        for fact, sources in group.items():
            yield f"{fact.replace('_', ' ')} (for rules)", _codes(sources)
    yield "cost as the client says it (for rules)", _codes(names.COSTS)


def _meanings() -> Iterable[tuple[str, str, str]]:
    for name, meanings in values.MEANINGS.items():
        grouped: dict[str, list[str]] = {}
        for value, meaning in meanings.items():
            grouped.setdefault(_meaning(meaning), []).append(value)
        for meaning, found in grouped.items():
            yield f"`{name}`", _codes(found), meaning


def _span_names() -> Iterable[tuple[str, str, str]]:
    for what, patterns in (
        ("any span", values.SPAN_NAMES),
        ("chain", values.CHAIN_NAMES),
        ("tool", values.TOOL_NAMES),
    ):
        for where, part, meaning in patterns:
            yield what, f"`{part}...`" if where == "prefix" else f"`...{part}`", _meaning(meaning)


def _input_events() -> Iterable[tuple[str, str]]:
    return names.INPUT_EVENTS.items()


def _meaning(meaning: Meaning) -> str:
    kind = {"root": "step; workflow without a parent", None: "step"}.get(meaning.kind, f"**{meaning.kind}**")
    operation = f", operation {meaning.operation}" if meaning.operation else ""
    return f"{kind}, category {meaning.category}{operation}"


def _codes(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
