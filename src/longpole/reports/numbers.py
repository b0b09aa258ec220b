"""Numbers as people read them: one formatter for durations, money, counts and shares, for every door that prints text.

The rules are those of the dashboard: units by magnitude with a narrow no-break space, a true minus, thousands with a
comma, cost by magnitude, and shares that sum to exactly 100.0. What is unknown is the word "unknown", never 0.
"""

from collections.abc import Mapping
from math import floor

UNKNOWN = "unknown"
NONE = "–"
_SPACE = "\u202f"
_MINUS = "\u2212"
_MICRO, _MILLI, _SECOND, _MINUTE, _HOUR = 1_000, 1_000_000, 1_000_000_000, 60 * 10**9, 3600 * 10**9


def duration_text(duration_ns: float | None) -> str:
    """A duration in nanoseconds: whole microseconds, whole milliseconds, seconds with three figures, minutes, hours.

    >>> [duration_text(ns).replace("\\u202f", " ") for ns in (850, 412_000, 38_400_000, 4_112_000_000, 31_400_000_000)]
    ['<1 µs', '412 µs', '38 ms', '4.11 s', '31.4 s']
    >>> duration_text(372_000_000_000).replace("\\u202f", " "), duration_text(None)
    ('6 min 12 s', 'unknown')
    """
    if duration_ns is None:
        return UNKNOWN
    sign, size = (_MINUS if duration_ns < 0 else ""), abs(duration_ns)
    return sign + _duration_of(size)


def _duration_of(size: float) -> str:
    if size == 0:
        return f"0{_SPACE}s"
    if size < _MICRO:
        return f"<1{_SPACE}µs"
    # Each limit is where rounding would print the next unit's first value, so that 999.7 ms reads 1.00 s.
    if size < 999_500:
        return f"{_half_up(size / _MICRO)}{_SPACE}µs"
    if size < 999_500_000:
        return f"{_half_up(size / _MILLI)}{_SPACE}ms"
    if size < 9_995_000_000:
        return f"{size / _SECOND:.2f}{_SPACE}s"
    if size < 99_950_000_000:
        return f"{size / _SECOND:.1f}{_SPACE}s"
    seconds = _half_up(size / _SECOND)
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}{_SPACE}min {rest}{_SPACE}s" if rest else f"{minutes}{_SPACE}min"
    hours, left = divmod(_half_up(seconds / 60), 60)
    return f"{hours:,}{_SPACE}h {left}{_SPACE}min" if left else f"{hours:,}{_SPACE}h"


def cost_text(cost_usd: float | None) -> str:
    """An amount of US dollars: cents from a dollar on, three figures below, never rounded down to nothing.

    >>> cost_text(412.6), cost_text(0.1), cost_text(0.0000027), cost_text(0.0), cost_text(None)
    ('$412.60', '$0.100', '$0.0000027', '$0', 'unknown')
    """
    if cost_usd is None:
        return UNKNOWN
    sign, size = (_MINUS if cost_usd < 0 else ""), abs(cost_usd)
    if size == 0:
        return "$0"
    if size >= 0.9995:
        return f"{sign}${size:,.2f}"
    if size >= 0.0995:
        return f"{sign}${size:.3f}"
    # Two figures of a small amount, without an exponent: $0.0123, $0.0000027.
    places = next(n for n in range(2, 13) if size * 10**n >= 9.95 or n == 12)
    return f"{sign}${size:.{places}f}"


def count_text(count: int | None) -> str:
    """A count with thousands separated.

    >>> count_text(26020), count_text(-3), count_text(None)
    ('26,020', '−3', 'unknown')
    """
    if count is None:
        return UNKNOWN
    return f"{_MINUS if count < 0 else ''}{abs(count):,}"


def counted(count: int | None, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> counted(1, "step"), counted(57, "step"), counted(2, "retry", "retries"), counted(None, "step")
    ('1 step', '57 steps', '2 retries', 'unknown steps')
    """
    return f"{count_text(count)} {one if count == 1 else many or one + 's'}"


def bytes_text(size: int) -> str:
    """A size in bytes, kB, MB, GB or TB (thousands), three digits at most behind kB.

    >>> bytes_text(6), bytes_text(1_234), bytes_text(5_400_000_000)
    ('6 B', '1.23 kB', '5.4 GB')
    """
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.3g} {unit}" if amount < 1000 else f"{amount:,.0f} {unit}"


def short_count_text(count: int | None) -> str:
    """A count for a narrow column: three figures and k, M or G from ten thousand on.

    >>> short_count_text(9_840), short_count_text(26_020), short_count_text(1_468_000), short_count_text(None)
    ('9,840', '26.0k', '1.47M', 'unknown')
    """
    if count is None or abs(count) < 10_000:
        return count_text(count)
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        size = count / unit
        if abs(size) >= 0.9995:
            places = 2 if abs(size) < 9.995 else 1 if abs(size) < 99.95 else 0
            return f"{size:.{places}f}{name}".replace("-", _MINUS)
    return count_text(count)


def share_text(share: float | None) -> str:
    """A share between 0 and 1 as a percentage with one decimal; never rounded up to 100 or down to 0.

    >>> [share_text(share).replace("\\u202f", " ") for share in (0.963, 0.99999, 1.0)]
    ['96.3 %', '99.9 %', '100.0 %']
    """
    if share is None:
        return UNKNOWN
    tenths = _half_up(share * 1000)
    if 0 < share < 1:
        tenths = min(max(tenths, 1), 999)
    return f"{tenths / 10:.1f}{_SPACE}%"


def share_texts(parts: Mapping[str, int]) -> dict[str, str]:
    """Each part's percentage of their sum, rounded by largest remainder so that they sum to exactly 100.0.

    >>> [text.replace("\\u202f", " ") for text in share_texts({"a": 1, "b": 1, "c": 1}).values()]
    ['33.4 %', '33.3 %', '33.3 %']
    """
    whole = sum(parts.values())
    if whole <= 0:
        return dict.fromkeys(parts, f"0.0{_SPACE}%")
    exact = {name: part * 1000 / whole for name, part in parts.items()}
    tenths = {name: floor(share) for name, share in exact.items()}
    missing = 1000 - sum(tenths.values())
    for name in sorted(parts, key=lambda name: tenths[name] - exact[name])[:missing]:
        tenths[name] += 1
    return {name: f"{tenth / 10:.1f}{_SPACE}%" for name, tenth in tenths.items()}


def _half_up(value: float) -> int:
    return floor(value + 0.5)
