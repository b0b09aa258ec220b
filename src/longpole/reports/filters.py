"""Which executions are meant: the filters that REST, CLI and client share, by one table of names.

Filters arrive as names and texts, from a query string or from options; here they are checked once and become values.
"""

import base64
import binascii
from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from longpole.model.errors import InvalidInput
from longpole.model.intake import LetterKind
from longpole.model.status import FAILED_STATUSES, ExecutionStatus
from longpole.reports.filter_values import (
    DEFAULT_LIMIT,
    DURATION,
    LATEST_NS,
    LIMIT,
    PEOPLE,
    SCOPE,
    UNITS_NS,
    Filter,
    Pairs,
    Scope,
    collect,
    key_and_value,
    limit_of,
    missing,
    not_one_of,
    read_duration_ns,
    read_given,
    refused,
    scope_of,
    single,
    time_ns_of,
    whole_number,
)

MOST_DAYS = 3660
SLOW_NS = 5_000_000_000
SORTS = ("started", "duration", "tokens", "cost", "status", "agent")
_ASCENDING_BY_NATURE = frozenset({"status", "agent"})


OVERVIEW_FILTERS = SCOPE
"""The filters of `GET /api/overview`."""

COVERAGE_FILTERS = (
    SCOPE[0],
    Filter(name="gap_ms", meaning="Name gaps longer than so many milliseconds; 100 by default.", example="100"),
)
"""The parameters of `GET /api/executions/{id}/coverage`."""

SCORE_FILTERS = (
    *SCOPE,
    Filter(name="name", meaning="The name of the score, exactly.", example="helpful"),
    Filter(name="label", meaning="The label of the score, exactly.", example="good"),
    LIMIT,
)
"""The filters of `GET /api/scores`."""

PROCESS_FILTERS = (SCOPE[0], LIMIT)
"""The filters of `GET /api/processes`."""

LETTER_FILTERS = (
    SCOPE[0],
    Filter(name="kind", meaning=f"One of {', '.join(LetterKind)}.", example="body"),
    LIMIT,
)
"""The filters of `GET /api/dead-letters`."""

DELETION_FILTERS = (
    SCOPE[0],
    Filter(name="session", meaning="Executions of this session or conversation.", example="CLM-48213"),
    Filter(name="user", meaning="Executions of this user.", example="u-17"),
    Filter(name="before", meaning="Executions that started before this time, RFC 3339.", example="2026-10-01T00:00Z"),
    Filter(name="dry_run", meaning="'true' only counts what would be deleted.", example="true"),
)
"""The parameters of `DELETE /api/executions`."""

ONE_DELETION_FILTERS = (DELETION_FILTERS[0], DELETION_FILTERS[-1])
"""The parameters of `DELETE /api/executions/{id}`."""

AGENT_FILTERS = (*SCOPE, *PEOPLE)
"""The filters of `GET /api/analysis/agent` and `/api/analysis/why-not`; `agent` must be given."""

_OPERATION = Filter(name="operation", meaning="The name of a step or agent, exactly; required.", example="plan")
_DAYS = Filter(name="days", meaning="How many days back, today included, 1 to 3660; 30 by default.", example="30")

TREND_FILTERS = (_OPERATION, _DAYS, SCOPE[0], *SCOPE[2:4])
"""The filters of `GET /api/analysis/trend`."""

LIST_FILTERS = (
    *SCOPE,
    Filter(
        name="status",
        meaning=f"One of {', '.join(ExecutionStatus)}; several by repeating it or with commas.",
        example="failed",
        is_repeatable=True,
    ),
    *PEOPLE,
    Filter(name="model", meaning="A model that it or one of its steps called, exactly.", example="gpt-5.2-mini"),
    Filter(name="tool", meaning="A tool that one of its steps ran, exactly.", example="search_policies"),
    Filter(name="attribute", meaning="key=value: an attribute of its spans or their resource.", example="tenant=acme"),
    Filter(
        name="min_duration", meaning="Took at least this long; units are ns, us, ms, s, min, h, d, w.", example="1.5s"
    ),
    Filter(name="min_duration_ns", meaning="The same in nanoseconds.", example="1500000000"),
    Filter(name="min_duration_ms", meaning="The same in milliseconds.", example="1500"),
    Filter(name="max_duration", meaning="Took less than this.", example="20s"),
    Filter(
        name="text", meaning="Found in agent, name, error, an input or an output; letter case ignored.", example="429"
    ),
    Filter(name="parent", meaning="Children of this execution id; 'none' for those without a parent.", example="none"),
    Filter(name="sort", meaning=f"One of {', '.join(SORTS)}. Unknown values come last.", example="duration"),
    Filter(
        name="order",
        meaning="asc or desc; largest and latest first by default, status and agent A to Z.",
        example="desc",
    ),
    LIMIT,
    Filter(name="cursor", meaning="The next_cursor of the page before.", example=""),
)
"""The filters of `GET /api/executions`."""

FAILED_FILTERS = tuple(one for one in LIST_FILTERS if one.name not in ("status", "sort", "order"))
"""The filters of `GET /api/analysis/failed-executions`."""

SLOW_FILTERS = tuple(one for one in LIST_FILTERS if one.name not in ("sort", "order"))
"""The filters of `GET /api/analysis/slow-executions`."""


class DeletionFilters(Struct, frozen=True, kw_only=True):
    """What is to be deleted; all that is given must hold. With `is_dry_run` it is only counted."""

    workspace: str | None = None
    session: str | None = None
    user: str | None = None
    before_ns: int | None = None
    is_dry_run: bool = False


class GapLimit(Struct, frozen=True, kw_only=True):
    """Which gaps of an execution are named: those longer than `gap_ns`."""

    workspace: str | None = None
    gap_ns: int = 100_000_000


class ScoreFilters(Struct, frozen=True, kw_only=True):
    """Which scores: those of executions in `scope`. `None` filters nothing; all given ones must hold."""

    scope: Scope
    name: str | None = None
    label: str | None = None
    limit: int = DEFAULT_LIMIT


class ProcessFilters(Struct, frozen=True, kw_only=True):
    """Which processes."""

    workspace: str | None = None
    limit: int = DEFAULT_LIMIT


class LetterFilters(Struct, frozen=True, kw_only=True):
    """Which dead letters. `None` filters nothing."""

    workspace: str | None = None
    kind: str | None = None
    limit: int = DEFAULT_LIMIT


class AgentFilters(Struct, frozen=True, kw_only=True):
    """Which executions of which agent. `None` filters nothing; all given ones must hold."""

    scope: Scope
    agent: str
    session: str | None = None
    user: str | None = None
    belongs_to: tuple[str, str] | None = None


class TrendFilters(Struct, frozen=True, kw_only=True):
    """Which operation, over how many days."""

    operation: str
    days: int
    workspace: str | None = None
    environment: str | None = None
    version: str | None = None


class Place(Struct, frozen=True, kw_only=True, array_like=True):
    """A place between two rows of a sorted list: the sort it belongs to, and the last row before it."""

    sort: str
    is_descending: bool
    number: int | None
    text: str | None
    execution_id: str
    trace_id: str
    span_id: str
    workspace: str


class ExecutionFilters(Struct, frozen=True, kw_only=True):
    """One page of which executions, in which order. `None` filters nothing; all given ones must hold."""

    workspace: str | None = None
    agent: str | None = None
    environment: str | None = None
    version: str | None = None
    from_ns: int = 0
    to_ns: int = LATEST_NS
    statuses: tuple[str, ...] | None = None
    session: str | None = None
    user: str | None = None
    scope: tuple[str, str] | None = None
    model: str | None = None
    tool: str | None = None
    attribute: tuple[str, str] | None = None
    min_duration_ns: int | None = None
    max_duration_ns: int | None = None
    text: str | None = None
    parent: str | None = None
    only_roots: bool = False
    sort: str = "started"
    is_descending: bool = True
    limit: int = DEFAULT_LIMIT
    after: Place | None = None


def read_execution_filters(pairs: Pairs) -> ExecutionFilters:
    """The page that names and texts describe; empty texts filter nothing.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    collected = collect(pairs, LIST_FILTERS)
    statuses = _statuses(collected.pop("status", []))
    given = single(collected)
    sort, is_descending = _order(given)
    scope = scope_of(given)
    return ExecutionFilters(
        workspace=scope.workspace,
        agent=scope.agent,
        environment=scope.environment,
        version=scope.version,
        from_ns=scope.from_ns,
        to_ns=scope.to_ns,
        statuses=statuses,
        session=given.get("session"),
        user=given.get("user"),
        model=given.get("model"),
        tool=given.get("tool"),
        scope=key_and_value("scope", given.get("scope"), "vault_id=v-7"),
        attribute=key_and_value("attribute", given.get("attribute"), "tenant=acme"),
        min_duration_ns=_min_duration_ns(given),
        max_duration_ns=read_duration_ns("max_duration", given["max_duration"]) if "max_duration" in given else None,
        text=given.get("text"),
        parent=None if given.get("parent") == "none" else given.get("parent"),
        only_roots=given.get("parent") == "none",
        sort=sort,
        is_descending=is_descending,
        limit=limit_of(given.get("limit")),
        after=_place(given.get("cursor"), sort=sort, is_descending=is_descending),
    )


def read_gap_limit(pairs: Pairs) -> GapLimit:
    """Whose execution and which gaps names and texts describe.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    given = read_given(pairs, COVERAGE_FILTERS)
    text = given.get("gap_ms")
    if text is None:
        return GapLimit(workspace=given.get("workspace"))
    match = DURATION.fullmatch(f"{text.strip()}ms")
    if match is None:
        raise refused("gap_ms", text, "a number of milliseconds, 0 or more", "Write it like 100 or 0.5.")
    gap_ns = min(round(float(match[1]) * UNITS_NS["ms"]), LATEST_NS)
    return GapLimit(workspace=given.get("workspace"), gap_ns=gap_ns)


def read_score_filters(pairs: Pairs) -> ScoreFilters:
    """The scores that names and texts describe; empty texts filter nothing.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    given = read_given(pairs, SCORE_FILTERS)
    limit = limit_of(given.get("limit"))
    return ScoreFilters(scope=scope_of(given), name=given.get("name"), label=given.get("label"), limit=limit)


def read_process_filters(pairs: Pairs) -> ProcessFilters:
    """The processes that names and texts describe; empty texts filter nothing.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    given = read_given(pairs, PROCESS_FILTERS)
    return ProcessFilters(workspace=given.get("workspace"), limit=limit_of(given.get("limit")))


def read_deletion(pairs: Pairs, *, is_of_one: bool = False) -> DeletionFilters:
    """What names and texts say is to be deleted; `is_of_one` where the execution is named apart.

    Raises:
        InvalidInput: nothing says which executions, a name is unknown, or a value cannot be read.
    """
    given = read_given(pairs, ONE_DELETION_FILTERS if is_of_one else DELETION_FILTERS)
    dry_run = given.get("dry_run", "false")
    if dry_run not in ("true", "false"):
        raise not_one_of("dry_run", dry_run, ("true", "false"))
    before = given.get("before")
    if not (is_of_one or before or given.get("session") or given.get("user")):
        raise InvalidInput(
            "Nothing says which executions are to be deleted. Expected a session, a user or a time before which they "
            "started. Add 'session', 'user' or 'before', or name one execution in the address."
        )
    return DeletionFilters(
        workspace=given.get("workspace"),
        session=given.get("session"),
        user=given.get("user"),
        before_ns=None if before is None else time_ns_of("before", before, default=0),
        is_dry_run=dry_run == "true",
    )


def read_letter_filters(pairs: Pairs) -> LetterFilters:
    """The dead letters that names and texts describe; empty texts filter nothing.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    given = read_given(pairs, LETTER_FILTERS)
    kind = given.get("kind")
    if kind is not None and kind not in tuple(LetterKind):
        raise not_one_of("kind", kind, tuple(LetterKind))
    return LetterFilters(workspace=given.get("workspace"), kind=kind, limit=limit_of(given.get("limit")))


def read_failed_filters(pairs: Pairs) -> ExecutionFilters:
    """The page of executions that failed, timed out or crashed, the newest first, that names and texts describe.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    given = list(pairs)
    collect(given, FAILED_FILTERS)
    return read_execution_filters([*given, ("status", ",".join(FAILED_STATUSES))])


def read_slow_filters(pairs: Pairs) -> ExecutionFilters:
    """The page of executions, the longest first, that names and texts describe; without a duration 5 s or more.

    Raises:
        InvalidInput: a name is unknown (the message names the nearest), repeated, or its value cannot be read.
    """
    given = list(pairs)
    collect(given, SLOW_FILTERS)
    filters = read_execution_filters([*given, ("sort", "duration")])
    if filters.min_duration_ns is None:
        return msgspec.structs.replace(filters, min_duration_ns=SLOW_NS)
    return filters


def read_agent_filters(pairs: Pairs) -> AgentFilters:
    """The agent that names and texts describe, and which of its executions.

    Raises:
        InvalidInput: no agent is named, a name is unknown or repeated, or its value cannot be read.
    """
    given = read_given(pairs, AGENT_FILTERS)
    scope = scope_of(given)
    if scope.agent is None:
        raise missing("agent", "the name of an agent")
    return AgentFilters(
        scope=scope,
        agent=scope.agent,
        session=given.get("session"),
        user=given.get("user"),
        belongs_to=key_and_value("scope", given.get("scope"), "vault_id=v-7"),
    )


def read_trend_filters(pairs: Pairs) -> TrendFilters:
    """The operation that names and texts describe, and how many days of it.

    Raises:
        InvalidInput: no operation is named, a name is unknown or repeated, or its value cannot be read.
    """
    given = read_given(pairs, TREND_FILTERS)
    if "operation" not in given:
        raise missing("operation", "the name of a step or an agent")
    days = whole_number("days", given.get("days", "30"))
    if not 1 <= days <= MOST_DAYS:
        raise refused("days", str(days), f"a whole number from 1 to {MOST_DAYS}", "Ask for fewer.")
    return TrendFilters(
        operation=given["operation"],
        days=days,
        workspace=given.get("workspace"),
        environment=given.get("environment"),
        version=given.get("version"),
    )


def write_cursor(place: Place) -> str:
    """The place as one opaque word that fits an address."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).decode().rstrip("=")


def _statuses(texts: list[str]) -> tuple[str, ...] | None:
    words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
    known = [status.value for status in ExecutionStatus]
    for word in words:
        if word not in known:
            raise not_one_of("status", word, known)
    return tuple(words) or None


def _min_duration_ns(given: Mapping[str, str]) -> int | None:
    units: dict[str, Callable[[str, str], int]] = {
        "min_duration": read_duration_ns,
        "min_duration_ns": whole_number,
        "min_duration_ms": lambda name, text: read_duration_ns(name, f"{text}ms"),
    }
    names = [name for name in units if name in given]
    if len(names) > 1:
        raise InvalidInput(f"Both {names[0]!r} and {names[1]!r} were given. Expected one of them. Keep one.")
    least = [units[name](name, given[name]) for name in names]
    return min(least[0], LATEST_NS) if least else None


def _order(given: Mapping[str, str]) -> tuple[str, bool]:
    text = given.get("sort", "started")
    sort = text.removeprefix("-")
    if sort not in SORTS:
        raise not_one_of("sort", text, SORTS)
    order = given.get("order")
    if order not in (None, "asc", "desc"):
        raise not_one_of("order", order or "", ("asc", "desc"))
    if order is not None:
        return sort, order == "desc"
    return sort, text.startswith("-") or sort not in _ASCENDING_BY_NATURE


def _place(cursor: str | None, *, sort: str, is_descending: bool) -> Place | None:
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        place = msgspec.msgpack.decode(raw, type=Place)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise refused(
            "cursor", cursor, "the next_cursor of a page, unchanged", "Start again without a cursor."
        ) from None
    if (place.sort, place.is_descending) != (sort, is_descending):
        raise InvalidInput(
            f"The cursor belongs to a list sorted by {place.sort} {'desc' if place.is_descending else 'asc'}, "
            f"this one is sorted by {sort} {'desc' if is_descending else 'asc'}. "
            "Expected the same sort on every page. Start again without a cursor."
        )
    return place
