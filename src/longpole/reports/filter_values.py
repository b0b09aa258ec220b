"""How filters are written and read: names and texts, from a query string or from options, become values here.

`filters` holds the tables of what each question takes; a question with parameters of its own reads them with these.
"""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from msgspec import Struct

from longpole.model import clock
from longpole.model.clock import SECOND_NS
from longpole.model.errors import InvalidInput

Pairs = Iterable[tuple[str, str]]
"""Filters as in a query string: names and texts."""

LATEST_NS = 2**63 - 1
DEFAULT_LIMIT = 50
MOST = 1000
UNITS_NS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": SECOND_NS, "min": 60 * SECOND_NS, "h": 3600 * SECOND_NS,
    "d": 86_400 * SECOND_NS, "w": 7 * 86_400 * SECOND_NS,
}  # fmt: skip
# At most 15 digits: a longer number may be infinite as a float.
DURATION = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,15})?) ?(ns|us|µs|ms|s|min|h|d|w)")
_LOST_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")


class Filter(Struct, frozen=True, kw_only=True):
    """One filter as users write it."""

    name: str
    meaning: str
    example: str
    is_repeatable: bool = False


SCOPE = (
    Filter(name="workspace", meaning="Whose data; without it, every workspace.", example="default"),
    Filter(name="agent", meaning="The agent's name, exactly.", example="claims-triage"),
    Filter(name="environment", meaning="The environment it ran in, exactly.", example="production"),
    Filter(name="version", meaning="The agent's version, exactly.", example="2.14.0"),
    Filter(name="from", meaning="Started at this time or later, RFC 3339.", example="2026-11-21T00:00:00Z"),
    Filter(name="to", meaning="Started before this time, RFC 3339.", example="2026-11-22T00:00:00Z"),
)
"""Which executions a question looks at."""

WORKSPACE = SCOPE[0]

PEOPLE = (
    Filter(name="session", meaning="The session or conversation id, exactly.", example="CLM-48213"),
    Filter(name="user", meaning="The user id, exactly.", example="u-17"),
    Filter(name="scope", meaning="key=value: what else it belongs to, such as a vault.", example="vault_id=v-7"),
)
"""To whom an execution belongs."""

LIMIT = Filter(name="limit", meaning=f"At most so many, 1 to {MOST}; {DEFAULT_LIMIT} by default.", example="50")


class Scope(Struct, frozen=True, kw_only=True):
    """What an overview looks at. Times are nanoseconds since 1970, `from_ns` included, `to_ns` not."""

    workspace: str | None = None
    agent: str | None = None
    environment: str | None = None
    version: str | None = None
    from_ns: int = 0
    to_ns: int = LATEST_NS


def read_given(pairs: Pairs, filters: tuple[Filter, ...]) -> dict[str, str]:
    """The texts by name, of filters that may each be given once; empty texts are left out.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest) or repeated.
    """
    return single(collect(pairs, filters))


def read_workspace(pairs: Pairs) -> str | None:
    """The one filter of questions that name an execution.

    Raises:
        InvalidInput: another filter was given.
    """
    return read_given(pairs, (WORKSPACE,)).get("workspace")


def read_scope(pairs: Pairs) -> Scope:
    """The scope that names and texts describe; empty texts filter nothing.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    return scope_of(read_given(pairs, SCOPE))


def read_duration_ns(name: str, text: str) -> int:
    """Nanoseconds of a duration such as "250ms" or "1.5 s".

    Raises:
        InvalidInput: the text is not such a duration; `name` is in the message.
    """
    match = DURATION.fullmatch(text.strip())
    if match is None:
        raise refused(name, text, "a number and one of ns, us, ms, s, min, h, d, w", "Write it like 250ms or 7d.")
    return round(float(match[1]) * UNITS_NS[match[2]])


def collect(pairs: Pairs, filters: tuple[Filter, ...]) -> dict[str, list[str]]:
    """The texts by filter name; empty texts are left out.

    Raises:
        InvalidInput: a name is not one of the filters.
    """
    known = {filter_.name for filter_ in filters}
    collected: dict[str, list[str]] = {}
    for name, text in pairs:
        if name not in known:
            raise _unknown_name(name, known)
        if text:
            collected.setdefault(name, []).append(text)
    return collected


def missing(name: str, what: str) -> InvalidInput:
    """The error for a filter that must be given."""
    return InvalidInput(f"The filter {name!r} is missing. Expected {what}. Add {name}=...")


def _unknown_name(name: str, known: Iterable[str]) -> InvalidInput:
    ordered = sorted(known)
    nearest = get_close_matches(name, ordered, n=1, cutoff=0.5)
    cure = f"Did you mean {nearest[0]!r}?" if nearest else "Remove it."
    expected = f"one of {', '.join(ordered)}" if len(ordered) > 1 else f"only {ordered[0]!r}"
    return InvalidInput(f"There is no filter {name[:60]!r}. Expected {expected}. {cure}")


def single(collected: Mapping[str, list[str]]) -> dict[str, str]:
    """The one text of each filter.

    Raises:
        InvalidInput: one was given twice.
    """
    for name, texts in collected.items():
        if len(texts) > 1:
            raise InvalidInput(
                f"The filter {name!r} was given {len(texts)} times. Expected it once. Keep one of them; "
                "only 'status' may be repeated."
            )
    return {name: texts[0] for name, texts in collected.items()}


def scope_of(given: Mapping[str, str]) -> Scope:
    """The scope that texts by name describe.

    Raises:
        InvalidInput: a time cannot be read, or the range is empty.
    """
    from_ns = time_ns_of("from", given.get("from"), default=0)
    to_ns = time_ns_of("to", given.get("to"), default=LATEST_NS)
    if from_ns > to_ns:
        raise refused("to", given.get("to", ""), "a time after 'from'", "Exchange the two or widen the range.")
    return Scope(
        workspace=given.get("workspace"),
        agent=given.get("agent"),
        environment=given.get("environment"),
        version=given.get("version"),
        from_ns=from_ns,
        to_ns=to_ns,
    )


def time_ns_of(name: str, text: str | None, *, default: int) -> int:
    """Nanoseconds since 1970 of an RFC 3339 text, `default` without one.

    Raises:
        InvalidInput: it is no such time.
    """
    if text is None:
        return default
    try:
        # A plus sign that was not percent-encoded arrives as a space.
        time_ns = clock.from_rfc3339(_LOST_PLUS.sub("+", text.strip()))
    except (ValueError, OverflowError):
        raise refused(
            name, text, "an RFC 3339 time", "Write it like 2026-11-21T14:00:00Z; a plus sign in an address is %2B."
        ) from None
    return min(max(time_ns, 0), LATEST_NS)


def key_and_value(name: str, text: str | None, example: str) -> tuple[str, str] | None:
    """The two sides of `key=value`, nothing without a text.

    Raises:
        InvalidInput: there is no key or no equals sign.
    """
    if text is None:
        return None
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise refused(name, text, "a key and a value joined by '='", f"Write it like {example}.")
    return key, value


def limit_of(text: str | None) -> int:
    """How many are asked for, `DEFAULT_LIMIT` without a text.

    Raises:
        InvalidInput: it is no whole number from 1 to `MOST`.
    """
    limit = DEFAULT_LIMIT if text is None else whole_number("limit", text)
    if not 1 <= limit <= MOST:
        raise refused("limit", str(limit), f"a whole number from 1 to {MOST}", "Ask for less and follow next_cursor.")
    return limit


def whole_number(name: str, text: str) -> int:
    """A number of 0 or more, written in digits.

    Raises:
        InvalidInput: it is not.
    """
    # 18 digits fit 64 bits, and a number of many thousand digits would take long to read.
    if not re.fullmatch(r"[0-9]{1,18}", text.strip(), re.ASCII):
        raise refused(name, text, "a whole number of at most 18 digits", "Write it with digits only.")
    return int(text)


def not_one_of(name: str, text: str, known: Iterable[str]) -> InvalidInput:
    """The error for a text that is none of the known ones; it offers the nearest."""
    ordered = list(known)
    nearest = get_close_matches(text, ordered, n=1, cutoff=0.5)
    cure = f"Did you mean {nearest[0]!r}?" if nearest else "Use one of these."
    return refused(name, text, f"one of {', '.join(ordered)}", cure)


def refused(name: str, text: str, expected: str, cure: str) -> InvalidInput:
    """The error for a filter whose text cannot be used: what it is, what was expected, what to do."""
    shown = text if len(text) <= 60 else f"{text[:57]}..."
    return InvalidInput(f"{name!r} is {shown!r}. Expected {expected}. {cure}")
