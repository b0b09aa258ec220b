"""Numbers with their unit as people write them in rules: `2 s`, `5 %`, `$ 12.50`, `1000 tokens`.

Inside, a share is 0 to 1, a duration nanoseconds, money nano-dollars, a count a plain number.
"""

import re
from decimal import Decimal
from enum import StrEnum

from longpole.model.errors import InvalidInput
from longpole.reports.filter_values import UNITS_NS, refused
from longpole.reports.numbers import cost_text, duration_text, share_text


class Unit(StrEnum):
    """What kind of number it is."""

    SHARE = "share"
    DURATION = "duration"
    MONEY = "money"
    COUNT = "count"


EXAMPLES = {
    Unit.SHARE: ("a share", "5 %"),
    Unit.DURATION: ("a duration", "2 s"),
    Unit.MONEY: ("an amount of dollars", "$ 12.50"),
    Unit.COUNT: ("a number", "20"),
}
"""What each is called, and how one is written."""

_NUMBER = r"([0-9]{1,15}(?:\.[0-9]{1,9})?)"
_SHARE = re.compile(_NUMBER + r" ?%")
_MONEY = re.compile(rf"(?:\$|USD) ?{_NUMBER}|{_NUMBER} ?(?:\$|USD)")
_DURATION = re.compile(_NUMBER + r" ?(ns|us|µs|ms|s|min|h|d|w)")
_COUNT = re.compile(_NUMBER + r"(?: ?([a-z_ ]+))?")
_LARGEST = 1e15


def read_quantity(name: str, text: str, unit: Unit, *, noun: str = "") -> float:
    """The number that a text says, in the inner measure of its unit.

    >>> read_quantity("above", "5 %", Unit.SHARE), read_quantity("above", "$ 12.50", Unit.MONEY)
    (0.05, 12500000000.0)
    >>> read_quantity("over", "15 min", Unit.DURATION), read_quantity("above", "20 executions", Unit.COUNT)
    (900000000000.0, 20.0)

    Args:
        name: what the text is called, for the message.
        text: such as `5 %`.
        unit: what it must be.
        noun: what a count may be followed by, such as `tokens`; any word where it is empty.

    Raises:
        InvalidInput: it is no number, or one of another unit; the message says of which.
    """
    shown = text.strip()
    value = _read(shown, unit, noun)
    if value is None:
        what, example = EXAMPLES[unit]
        other = next((one for one in Unit if _read(shown, one, "") is not None), None)
        wrong = f", which is {EXAMPLES[other][0]}" if other not in (None, unit) else ""
        example = f"{example} {noun}".strip() if unit == Unit.COUNT else example
        raise refused(name, text, f"{what}{', not ' + wrong[11:] if wrong else ''}", f"Write it like {example!r}.")
    if value > _LARGEST * 1e9:
        raise InvalidInput(f"{name!r} is {shown[:60]!r}. Expected a smaller number. Correct it.")
    return value


def read_duration(name: str, text: str) -> int:
    """Whole nanoseconds of a duration.

    Raises:
        InvalidInput: the text is none.
    """
    return round(read_quantity(name, text, Unit.DURATION))


def _read(text: str, unit: Unit, noun: str) -> float | None:
    if unit == Unit.SHARE:
        match = _SHARE.fullmatch(text)
        return None if match is None else float(Decimal(match[1]) / 100)
    if unit == Unit.MONEY:
        match = _MONEY.fullmatch(text)
        return None if match is None else float(Decimal(match[1] or match[2]) * 10**9)
    if unit == Unit.DURATION:
        match = _DURATION.fullmatch(text)
        return None if match is None else float(match[1]) * UNITS_NS[match[2]]
    if _DURATION.fullmatch(text):
        return None
    match = _COUNT.fullmatch(text)
    if match is None or (noun and match[2] and match[2].strip().rstrip("s") != noun.rstrip("s")):
        return None
    return float(match[1])


def quantity_text(value: float | None, unit: Unit, noun: str = "") -> str:
    """A number with its unit for people; unknown where there is none.

    >>> quantity_text(0.05, Unit.SHARE).replace("\\u202f", " "), quantity_text(12.5e9, Unit.MONEY)
    ('5.0 %', '$12.50')
    """
    if value is None:
        return "unknown"
    if unit == Unit.SHARE:
        return share_text(value) if value <= 1 else f"{value * 100:,.0f}\u202f%"
    if unit == Unit.DURATION:
        return duration_text(value)
    if unit == Unit.MONEY:
        return cost_text(value / 1e9)
    number = f"{value:,.0f}" if value == round(value) or value >= 100 else f"{value:,.1f}"
    return f"{number} {noun}" if noun else number
