"""What a rule would have done: every decision over past days, by the same arithmetic as now."""

from collections.abc import Sequence

from msgspec import Struct

from longpole.alerting.evaluate import Sample, Standing, decide
from longpole.alerting.readings import Moment, moments_between
from longpole.alerting.rules import Rule
from longpole.alerting.watch import missing
from longpole.model.alert import AlertState
from longpole.store.engine import Engine

MOST_LINES = 6
MOST_POINTS = 720
"""Of a picture; the worst value of each stretch is kept, so that no short breach is lost."""


class Episode(Struct, frozen=True, kw_only=True):
    """A time for which a rule would have fired for a subject; without `cleared_ns` it still fires."""

    subject: str
    level: str
    since_ns: int
    fired_ns: int
    cleared_ns: int | None
    worst: float | None
    sample: Sample


class Line(Struct, frozen=True, kw_only=True):
    """The watched value of one subject, at each moment; unknown where too little ran."""

    subject: str
    values: list[float | None]


class Replay(Struct, frozen=True, kw_only=True):
    """What a rule would have done between two times. `lines` are those of the subjects that fired, or the busiest."""

    times_ns: list[int]
    lines: list[Line]
    episodes: list[Episode]
    subjects: int


def replay(store: Engine, rule: Rule, from_ns: int, to_ns: int) -> Replay:
    """Decide at every moment of a time range. The data of today is older than it was then: late arrivals are there."""
    moments = moments_between(store, rule, from_ns, to_ns)
    episodes = _episodes(rule, moments)
    counts: dict[str, int] = {}
    for _, samples in moments:
        for subject, sample in samples.items():
            counts[subject] = counts.get(subject, 0) + (sample.value is not None)
    fired = {episode.subject for episode in episodes}
    shown = sorted(counts, key=lambda subject: (subject not in fired, -counts[subject], subject))[:MOST_LINES]
    bounds = _bounds(len(moments))
    lines = [Line(subject=subject, values=_worst_values(rule, moments, subject, bounds)) for subject in shown]
    times_ns = [moments[end - 1][0] for _, end in bounds]
    return Replay(times_ns=times_ns, lines=lines, episodes=episodes, subjects=len(counts))


def unknown_past(rule: Rule) -> str | None:
    """Why only the last moment of what a rule watches is known; nothing if its past is stored."""
    if rule.kind == "threshold" and rule.statistic is not None and rule.statistic.source == "dropped":
        return "Of dropped steps only what each program told last is stored: the past cannot be replayed."
    return None


def _bounds(count: int) -> list[tuple[int, int]]:
    """The beginnings and ends of at most `MOST_POINTS` stretches of moments."""
    points = min(count, MOST_POINTS)
    return [(count * place // points, count * (place + 1) // points) for place in range(points)]


def _worst_values(
    rule: Rule, moments: Sequence[Moment], subject: str, bounds: Sequence[tuple[int, int]]
) -> list[float | None]:
    values = [_value(samples.get(subject)) for _, samples in moments]
    found: list[float | None] = []
    for start, end in bounds:
        known = [value for value in values[start:end] if value is not None]
        found.append((min(known) if rule.is_below else max(known)) if known else None)
    return found


def _value(sample: Sample | None) -> float | None:
    return None if sample is None else sample.value


def _episodes(rule: Rule, moments: Sequence[Moment]) -> list[Episode]:
    """The times for which a rule would have fired, the earliest first."""
    standings: dict[str, Standing] = {}
    told: dict[str, Sample] = {}
    found: list[Episode] = []
    nothing = missing(rule)
    for time_ns, samples in moments:
        for subject in {*samples, *standings}:
            sample = samples.get(subject, nothing)
            standing = decide(rule, sample, standings.get(subject), time_ns)
            if standing is None:
                standings.pop(subject, None)
                continue
            if standing.fired_ns == time_ns:
                told[subject] = sample
            standings[subject] = standing
            if standing.state == AlertState.CLEARED:
                found.append(_episode(subject, standings.pop(subject), told[subject]))
    found += [
        _episode(subject, standing, told[subject])
        for subject, standing in standings.items()
        if standing.state == AlertState.FIRING
    ]
    return sorted(found, key=lambda episode: (episode.fired_ns, episode.subject))


def _episode(subject: str, standing: Standing, sample: Sample) -> Episode:
    return Episode(
        subject=subject,
        level=standing.level,
        since_ns=standing.since_ns,
        fired_ns=standing.fired_ns or 0,
        cleared_ns=standing.cleared_ns,
        worst=standing.worst,
        sample=sample,
    )
