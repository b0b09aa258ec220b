"""Charts as inline SVG, with their labels beside them as text, so that they stay readable at any width.

The plot is stretched to the room that there is; lines keep their width (`non-scaling-stroke`). Colours are the page's
own CSS variables. Every bar and point has its words as a tooltip, and the page has the numbers as a table too.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct

from longpole.reports.export.markup import Html, joined, tag

_HEIGHT = 100.0
_LEAST_ROOM = 0.2  # of the largest value, from the bottom of a small line to its top
_SECOND = 10**9
ROUND_COUNTS = tuple(step * 10**power for power in range(15) for step in (1, 2, 5))
_ROUND_NS = tuple(
    [step * 10**power for power in range(3, 10) for step in (1, 2, 5)]
    + [seconds * _SECOND for seconds in (10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)]
    + [hours * 3600 * _SECOND for hours in (2, 4, 6, 12, 24, 48, 96, 240, 480, 960, 2400)]
)

Words = Callable[[float], str]


class Bar(Struct, frozen=True):
    """A bar of two parts: `lower` is drawn in the colour of failure. `words` is the tooltip."""

    lower: float
    upper: float
    words: str


class Mark(Struct, frozen=True):
    """A moment that is pointed out: its place, 0 to 1, and what happened."""

    place: float
    words: str


def bar_chart(
    bars: Sequence[Bar], labels: Sequence[str], *, words: Words, title: str, steps: Sequence[int] = ()
) -> Html:
    """Bars side by side over `labels`; the scale goes by one of `steps` if they are given."""
    step, count = round_steps(max((bar.lower + bar.upper for bar in bars), default=0.0), steps)
    top = step * count
    width = 10.0
    drawn: list[Html] = []
    for place, bar in enumerate(bars):
        lower, upper = (part / top * _HEIGHT for part in (bar.lower, bar.upper))
        x = place * width + 1
        parts = [
            tag("rect", x=_n(x), y=_n(_HEIGHT - lower - upper), width=_n(width - 2), height=_n(upper), class_="bar"),
            tag("rect", x=_n(x), y=_n(_HEIGHT - lower), width=_n(width - 2), height=_n(lower), class_="bar bad"),
            # The whole column shows the tooltip, also where the bar is low.
            tag("rect", x=_n(place * width), y=0, width=_n(width), height=_n(_HEIGHT), class_="hit"),
        ]
        drawn.append(tag("g", tag("title", bar.words), *parts))
    plot = _plot(len(bars) * width, *_grid(len(bars) * width), *drawn, title=title)
    return _framed(plot, _scale(step, count, words), labels)


def band_chart(
    lower: Sequence[float | None],
    upper: Sequence[float | None],
    labels: Sequence[str],
    *,
    tips: Sequence[str],
    words: Words,
    title: str,
    marks: Sequence[Mark] = (),
) -> Html:
    """Two lines with the room between them filled, such as p50 and p95 of durations; unknown places are gaps."""
    step, count = round_steps(max((value for value in upper if value is not None), default=0.0), _ROUND_NS)
    top = step * count
    width = float(len(lower))
    points = [
        (place + 0.5, _HEIGHT - low / top * _HEIGHT, _HEIGHT - high / top * _HEIGHT)
        if low is not None and high is not None
        else None
        for place, (low, high) in enumerate(zip(lower, upper, strict=True))
    ]
    drawn = [*_grid(width)]
    for run in _runs(points):
        run = run if len(run) > 1 else [(run[0][0] - 0.25, *run[0][1:]), (run[0][0] + 0.25, *run[0][1:])]
        lows, highs = [(x, low) for x, low, _ in run], [(x, high) for x, _, high in run]
        drawn.append(tag("path", d=f"{_path(highs)}L{_path(lows[::-1])[1:]}Z", class_="band"))
        drawn.append(tag("path", d=_path(highs), class_="line thin"))
        drawn.append(tag("path", d=_path(lows), class_="line"))
    drawn += [
        tag("line", x1=_n(mark.place * width), x2=_n(mark.place * width), y1=0, y2=_n(_HEIGHT), class_="mark")
        for mark in marks
    ]
    drawn += [
        tag("g", tag("title", tip), tag("rect", x=place, y=0, width=1, height=_n(_HEIGHT), class_="hit"))
        for place, tip in enumerate(tips)
    ]
    flags = [
        tag(
            "span",
            tag("b", mark.words),
            class_="flag left" if mark.place > 0.5 else "flag",
            style=f"left:{mark.place * 100:.2f}%;bottom:{3 + 16 * number}px",
        )
        for number, mark in enumerate(marks)
    ]
    return _framed(joined([_plot(width, *drawn, title=title), *flags]), _scale(step, count, words), labels)


def area_chart(values: Sequence[float], labels: Sequence[str], *, words: Words, title: str) -> Html:
    """One line from zero, with the room under it filled."""
    step, count = round_steps(max(values, default=0.0))
    top = step * count
    width = float(len(values))
    points = [(place + 0.5, _HEIGHT - value / top * _HEIGHT) for place, value in enumerate(values)]
    line = _path(points)
    area = f"{line}L{_n(width - 0.5)} {_n(_HEIGHT)}L0.5 {_n(_HEIGHT)}Z"
    drawn = [*_grid(width), tag("path", d=area, class_="band"), tag("path", d=line, class_="line thin")]
    return _framed(_plot(width, *drawn, title=title), _scale(step, count, words), labels)


def spark_line(values: Sequence[float | None], *, title: str, is_from_zero: bool = False, before: int = 0) -> Html:
    """A small line without labels; unknown places are gaps, and the first `before` stand back. Empty where fewer than
    two values are known."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Html()
    least, most = (0.0 if is_from_zero else min(known)), max(known)
    # A line that hardly moves looks level, in the middle, and not like a mountain range of noise.
    room = max(most - least, _LEAST_ROOM * abs(most)) or 1.0
    lowest = least - (room - (most - least)) / 2
    points = [
        None if value is None else (float(place), 2.0, _HEIGHT - 8 - (value - lowest) / room * (_HEIGHT - 16))
        for place, value in enumerate(values)
    ]
    drawn = [
        tag("path", d=_path([(x, y) for x, _, y in run]), class_=style)
        for part, style in ((points[:before], "line before"), (points[max(0, before - 1) :], "line thin"))
        for run in _runs(part)
        if len(run) > 1
    ]
    return _plot(max(1.0, len(values) - 1.0), *drawn, title=title, class_="spark")


def spark_bars(values: Sequence[float], *, title: str) -> Html:
    """Small bars from zero without labels."""
    most = max(values, default=0.0) or 1.0
    drawn = [
        tag("rect", x=_n(place + 0.12), y=_n(_HEIGHT - value / most * _HEIGHT), width=0.76,
            height=_n(value / most * _HEIGHT))
        for place, value in enumerate(values)
    ]  # fmt: skip
    return _plot(float(len(values) or 1), *drawn, title=title, class_="spark bad")


def share_bar(share: float, style: str = "") -> Html:
    """A bar as long as a share of its room."""
    width = min(max(share, 0.0), 1.0) * 100
    return tag("span", tag("i", style=f"width:{width:.2f}%", class_=style or None), class_="meter", aria_hidden="true")


def round_steps(most: float, steps: Sequence[int] = ()) -> tuple[float, int]:
    """A round step and how many of them reach `most`: two to five.

    >>> round_steps(9.0), round_steps(134), round_steps(0), round_steps(2.68e9, (10**9, 2 * 10**9))
    ((2.0, 5), (50.0, 3), (1.0, 1), (1000000000, 3))
    """
    if most <= 0:
        return 1.0, 1
    step: float = next((one for one in steps if most <= 5 * one), 0)
    if not step:
        power = 10.0 ** (len(str(int(most))) - 1) if most >= 1 else _power_below_one(most)
        step = next(one * power for one in (0.2, 0.5, 1.0, 2.0, 5.0, 10.0) if most <= 5 * one * power)
    count = 1
    while count * step < most * (1 - 1e-9):
        count += 1
    return step, count


def _power_below_one(value: float) -> float:
    power = 1.0
    while value < power:
        power /= 10
    return power


def _scale(step: float, count: int, words: Words) -> list[str]:
    """The labels of the steps from the top down to zero."""
    return [words(step * place) for place in range(count, -1, -1)]


def _grid(width: float) -> list[Html]:
    return [tag("line", x1=0, x2=_n(width), y1=_n(_HEIGHT), y2=_n(_HEIGHT), class_="base")]


def _plot(width: float, *drawn: Html, title: str, class_: str = "plot") -> Html:
    label = {"aria-label": title, "viewBox": f"0 0 {_n(width)} {_n(_HEIGHT)}", "preserveAspectRatio": "none"}
    return tag("svg", *drawn, role="img", class_=class_, **label)


def _framed(plot: Html, scale: Sequence[str], labels: Sequence[str]) -> Html:
    """A plot with its scale at the left, grid lines at the scale's steps, and labels below."""
    lines = [tag("i", style=f"top:{place / max(1, len(scale) - 1) * 100:.2f}%") for place in range(len(scale) - 1)]
    ticks = [
        tag("span", text, style=f"top:{place / max(1, len(scale) - 1) * 100:.2f}%") for place, text in enumerate(scale)
    ]
    below = [tag("span", tag("b", text) if text else None) for text in labels]
    return tag(
        "div",
        tag("div", tag("b", max(scale, key=len)), *ticks, class_="ticks", aria_hidden="true"),
        tag("div", *lines, plot, class_="room"),
        tag("div", *below, class_="labels", aria_hidden="true"),
        class_="chart",
    )


def _runs(points: Sequence[tuple[float, float, float] | None]) -> Iterator[list[tuple[float, float, float]]]:
    """Points that follow one another without a gap."""
    for is_known, group in groupby(points, key=lambda point: point is not None):
        if is_known:
            yield [point for point in group if point is not None]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
