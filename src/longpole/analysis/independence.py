"""Whether two steps that ran one after the other could run at once: what speaks for it and what against, in words.

Nobody can see from outside that a step needs another; so this gives evidence and how sure it is, never a proof:

- Data: values of the first one's output in the second one's input, leaves of JSON or runs of four words, without those
  that the first one was given itself or that the span around both had. An output without any other value tells nothing.
  Hashed contents are compared leaf by leaf; a value that went into a longer text is not seen there, so that finding
  nothing says less.
- Order: how the two stood to each other in other executions.
- Writing: a database or tool that one of them writes to and both use.
- Control: another attempt, a check that lets the second one run, a model whose answer names the tool, or one that is
  given a conversation in which the tool is named.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, cast

import msgspec
from msgspec import Struct

from longpole.analysis.repeats import may_write
from longpole.analysis.span import Span
from longpole.model.category import Category
from longpole.model.finding import Confidence

ENOUGH_ORDERS = 2
"""Executions in which the second step began before the first one's end, so that it is not taken for a slip."""

_SHORTEST_TEXT = 4
_SMALLEST_NUMBER = 100
_LONG_TEXT = 40
_SHINGLE = 4
_SHOWN = 40
_DEEPEST = 30
_HASHED = re.compile(r"#[0-9a-f]{12}")
_WORD = re.compile(r"\w+")
_PURE = frozenset({Category.LLM, Category.RETRIEVAL})
_CHECKS = frozenset({Category.VALIDATION, Category.GUARDRAIL})
_RANK = [Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH]


class Verdict(StrEnum):
    """Whether two steps can run at once."""

    INDEPENDENT = "independent"
    DEPENDENT = "dependent"
    UNKNOWN = "unknown"


class Orders(Struct, frozen=True, kw_only=True):
    """In how many executions both steps were, and in how many of these the second began before the first had ended."""

    executions: int
    otherwise: int


class Judgement(Struct, frozen=True, kw_only=True):
    """The verdict, how sure it is, and why, a sentence each."""

    verdict: Verdict
    confidence: Confidence
    reasons: list[str]


class _Reason(Struct, frozen=True):
    verdict: Verdict
    confidence: Confidence
    words: str


def judge_independence(
    first: Span, second: Span, *, given: str | None = None, orders: Orders | None = None
) -> Judgement:
    """What is known of whether `second` needs `first`, which ran before it.

    Args:
        first: with its texts, if they were recorded.
        second: likewise.
        given: what went into the span around both.
        orders: how the two stood in other executions, if somebody looked.
    """
    reasons = [
        reason
        for reason in (
            _control(first, second),
            _writing(first, second),
            _data(first, second, given or ""),
            _order(first, second, orders),
        )
        if reason is not None
    ]
    for verdict in (Verdict.DEPENDENT, Verdict.UNKNOWN, Verdict.INDEPENDENT):
        told = [reason for reason in reasons if reason.verdict is verdict]
        if verdict is Verdict.UNKNOWN and any(
            reason.verdict is Verdict.INDEPENDENT and reason.confidence is Confidence.HIGH for reason in reasons
        ):
            continue  # seen the other way round in other executions: what was not recorded does not matter
        if told:
            surest = max(told, key=lambda reason: _RANK.index(reason.confidence))
            ordered = sorted(reasons, key=lambda reason: reason.verdict is not verdict)
            return Judgement(
                verdict=verdict, confidence=surest.confidence, reasons=[reason.words for reason in ordered]
            )
    return Judgement(verdict=Verdict.UNKNOWN, confidence=Confidence.LOW, reasons=["nothing is known of the two"])


def shared_values(first: Span, second: Span, given: str = "") -> list[str]:
    """What of the first one's output, and of nothing that it or the span around it was given, is in the second's input.

    Empty if nothing is, or if one of the two was not recorded.
    """
    if first.output is None or second.input is None:
        return []
    return _in_input(*_own_texts(first, given), second.input)


def is_writing(span: Span) -> bool:
    """Whether a step seems to change something, by the words in its name; model calls and retrieval never do."""
    return span.category not in _PURE and may_write(span)


def _control(first: Span, second: Span) -> _Reason | None:
    if first.label == second.label and (first.error_type is not None or (second.attempt or 1) > 1):
        return _Reason(Verdict.DEPENDENT, Confidence.HIGH, f"{second.label} is another attempt after one that failed")
    if first.category in _CHECKS:
        return _Reason(Verdict.UNKNOWN, Confidence.LOW, f"{first.label} is a check that may decide whether to go on")
    if first.category == Category.LLM and second.category in (Category.TOOL, Category.AGENT):
        if first.output is not None and second.label in first.output:
            words = f"the answer of {first.label} names {second.label}"
            return _Reason(Verdict.DEPENDENT, Confidence.HIGH, words)
        words = f"the answer of {first.label} may have asked for {second.label}"
        return _Reason(Verdict.UNKNOWN, Confidence.LOW, words)
    is_called = first.category in (Category.TOOL, Category.AGENT) and second.category == Category.LLM
    if is_called and second.input is not None and _is_in(first.label, second.input):
        # A conversation says which tool answered; a list of tools says so too, but not to claim too much matters more.
        words = f"the input of {second.label} names {first.label}, as it does when it has its answer"
        return _Reason(Verdict.DEPENDENT, Confidence.MEDIUM, words)
    return None


def _writing(first: Span, second: Span) -> _Reason | None:
    writers = [span for span in (first, second) if is_writing(span)]
    if not writers:
        return None
    is_shared = first.label == second.label or first.category == second.category == Category.DATABASE
    words = f"{' and '.join(dict.fromkeys(span.label for span in writers))} seems to write"
    if is_shared:
        return _Reason(Verdict.DEPENDENT, Confidence.MEDIUM, f"{words} to what both use")
    if first.category in _PURE or second.category in _PURE:
        return None
    return _Reason(Verdict.UNKNOWN, Confidence.LOW, f"{words}, perhaps to what the other one reads")


def _order(first: Span, second: Span, orders: Orders | None) -> _Reason | None:
    if orders is None or orders.otherwise < ENOUGH_ORDERS:
        return None
    words = (
        f"in {orders.otherwise} of {orders.executions} executions {second.label} began before {first.label} had ended"
    )
    return _Reason(Verdict.INDEPENDENT, Confidence.HIGH, words)


def _data(first: Span, second: Span, given: str) -> _Reason | None:
    if first.output is None or second.input is None:
        untold = f"the output of {first.label}" if first.output is None else f"the input of {second.label}"
        return _Reason(Verdict.UNKNOWN, Confidence.LOW, f"{untold} was not recorded")
    leaves, shingles = _own_texts(first, given)
    if not leaves and not shingles:
        words = f"the output of {first.label} has nothing of its own by which it could be known again"
        return _Reason(Verdict.UNKNOWN, Confidence.LOW, words)
    is_hashed = bool(leaves) and all(_HASHED.fullmatch(leaf) for leaf in leaves)
    found = _in_input(leaves, shingles, second.input)
    if found:
        example = "" if is_hashed else f", such as {_shown(found[0])}"
        count = f"{len(found)} value{'s'[: len(found) != 1]}"
        is_or_are = "is" if len(found) == 1 else "are"
        words = f"{count} of the output of {first.label} {is_or_are} in the input of {second.label}"
        return _Reason(Verdict.DEPENDENT, Confidence.HIGH, words + example)
    words = f"nothing of the output of {first.label} is in the input of {second.label}"
    if is_hashed:
        return _Reason(Verdict.INDEPENDENT, Confidence.LOW, f"{words}, as far as hashed values show")
    return _Reason(Verdict.INDEPENDENT, Confidence.MEDIUM, words)


def _own_texts(first: Span, given: str) -> tuple[list[str], set[str]]:
    """Leaves and runs of four words of its output that neither it nor the span around it was given."""
    known = (first.input or "") + given
    output = first.output or ""
    leaves = [leaf for leaf in _leaves(_parsed(output), 0) if _tells_something(leaf) and leaf not in known]
    return leaves, _shingles(output) - _shingles(known)


def _in_input(leaves: list[str], shingles: set[str], text: str) -> list[str]:
    """The leaves that stand in a text, else the runs of words that do."""
    return [leaf for leaf in dict.fromkeys(leaves) if _is_in(leaf, text)] or sorted(shingles & _shingles(text))


def _parsed(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text


def _leaves(value: Any, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for inner in cast("dict[str, Any]", value).values():
            yield from _leaves(inner, depth + 1)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _leaves(inner, depth + 1)
    elif isinstance(value, str):
        inner = _parsed(value) if value[:1] in ("{", "[") else value
        if isinstance(inner, str):
            yield inner
        else:
            yield from _leaves(inner, depth + 1)
    elif isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _SMALLEST_NUMBER:
        yield str(value)


def _tells_something(leaf: str) -> bool:
    """Short texts and small numbers are everywhere; long texts are compared by their words."""
    return (len(leaf) >= _SHORTEST_TEXT or leaf.isdigit()) and len(leaf) <= _LONG_TEXT


def _is_in(leaf: str, text: str) -> bool:
    """Whether it stands in the text as a word or words of its own."""
    place = text.find(leaf)
    while place >= 0:
        before, after = text[place - 1 : place], text[place + len(leaf) : place + len(leaf) + 1]
        if not (before.isalnum() or after.isalnum()):
            return True
        place = text.find(leaf, place + 1)
    return False


def _shingles(text: str) -> set[str]:
    words = _WORD.findall(text.lower())
    return {" ".join(words[place : place + _SHINGLE]) for place in range(len(words) - _SHINGLE + 1)}


def _shown(text: str) -> str:
    return f'"{text}"' if len(text) <= _SHOWN else f'"{text[:_SHOWN]}…"'
