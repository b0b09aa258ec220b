"""Which period a report is about: what was asked for, else the last seven days."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from longpole.model import clock
from longpole.model.clock import DAY_NS, MINUTE_NS
from longpole.reports.filter_values import LATEST_NS, SCOPE, Filter, Scope, scope_of

USUAL_DAYS = 7
_LEAST_STRETCHES = 61

PERIOD_FILTERS = (
    *SCOPE[:4],
    Filter(
        name="from",
        meaning=f"Started at this time or later, RFC 3339; {USUAL_DAYS} days before the end by default.",
        example="2026-11-21T00:00:00Z",
    ),
    Filter(
        name="to",
        meaning="Started before this time, RFC 3339; the end of this minute by default.",
        example="2026-11-22T00:00:00Z",
    ),
)
"""The filters of reports about a period."""


class Period(Struct, frozen=True, kw_only=True):
    """A period with its scope; `scope.from_ns` and `scope.to_ns` are its bounds, and it is at least 1 s long."""

    scope: Scope

    @property
    def length_ns(self) -> int:
        """How long it is."""
        return self.scope.to_ns - self.scope.from_ns

    @property
    def parameters(self) -> dict[str, Any]:
        """The period as queries take it."""
        scope = self.scope
        return {
            "workspace": scope.workspace,
            "agent": scope.agent,
            "environment": scope.environment,
            "version": scope.version,
            "from_ns": scope.from_ns,
            "to_ns": scope.to_ns,
        }

    @property
    def from_time(self) -> str:
        """Its beginning, RFC 3339."""
        return clock.to_rfc3339(self.scope.from_ns)

    @property
    def to_time(self) -> str:
        """Its end, RFC 3339."""
        return clock.to_rfc3339(self.scope.to_ns)


class Stretches(Struct, frozen=True):
    """Which stretches of a period are looked at: of every `every_ns`, a power of two, the first `part_ns`.

    `share` is which part of the period that is.
    """

    every_ns: int
    part_ns: int
    share: float

    @property
    def parameters(self) -> dict[str, Any]:
        """The stretches as queries take them."""
        return {"every_ns": self.every_ns, "part_ns": self.part_ns}


def stretches_of(period: Period, rows: int, most: int) -> Stretches:
    """The whole period, or, where it has more rows than `most`, stretches spread over it with about so many.

    They are 61 or more, and of all hours of the day: no power of two is near a day, or near a simple fraction of one.
    """
    every_ns = 1 << max(0, (period.length_ns // _LEAST_STRETCHES).bit_length() - 1)
    if rows <= most:
        return Stretches(every_ns, every_ns, 1.0)
    part_ns = max(1, every_ns * most // rows)
    whole, rest_ns = divmod(period.length_ns, every_ns)
    return Stretches(every_ns, part_ns, (whole * part_ns + min(rest_ns, part_ns)) / period.length_ns)


def period_of(given: Mapping[str, str], now_ns: int) -> Period:
    """The period that texts by name describe.

    Raises:
        InvalidInput: a time cannot be read, or the range is empty.
    """
    scope = scope_of(given)
    to_ns = now_ns - now_ns % MINUTE_NS + MINUTE_NS if scope.to_ns == LATEST_NS else scope.to_ns
    from_ns = scope.from_ns if "from" in given else max(0, to_ns - USUAL_DAYS * DAY_NS)
    return Period(scope=replace(scope, from_ns=min(from_ns, to_ns - 10**9), to_ns=to_ns))
