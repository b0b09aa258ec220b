"""`longpole statistics`: a period against the one before."""

from rich.console import Group, RenderableType
from rich.text import Text

from longpole.cli.draw import cell, console, muted, print_json
from longpole.cli.fitted_table import FittedTable
from longpole.cli.options import (
    Agent,
    AsJson,
    Data,
    Environment,
    From,
    Since,
    To,
    Url,
    Version,
    Workspace,
    as_pairs,
    open_answers,
    since_to_from,
)
from longpole.reports.numbers import NONE, cost_text, count_text, counted, duration_text, share_text
from longpole.reports.statistics import STATISTICS
from longpole.reports.statistics_views import DurationBand, Figure, SpeedAndScore, Statistics

_FIGURES = (
    ("executions", "executions", "count"),
    ("success rate", "success_rate", "rate"),
    ("mean", "mean_ns", "time"),
    ("p50", "p50_ns", "time"),
    ("p95", "p95_ns", "time"),
    ("p99", "p99_ns", "time"),
    ("tokens", "tokens", "count"),
    ("tokens each", "mean_tokens", "count"),
    ("cost", "cost_usd", "money"),
    ("cost each", "mean_cost_usd", "money"),
    ("credits", "credits", "number"),
    ("credits each", "mean_credits", "number"),
)
_LEAST_IN_BANDS = 80
_GOOD_IF_MORE = frozenset({"success_rate"})


def statistics_command(
    workspace: Workspace = None,
    agent: Agent = None,
    environment: Environment = None,
    version: Version = None,
    from_: From = None,
    to: To = None,
    since: Since = None,
    url: Url = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Show how a period went against the one before: counts, success, durations, tokens, cost. A week by default."""
    filters = as_pairs(
        workspace=workspace,
        agent=agent,
        environment=environment,
        version=version,
        from_=since_to_from(since, from_),
        to=to,
    )
    with open_answers(url, data) as answers:
        statistics = answers.ask(STATISTICS, filters)
    if as_json:
        print_json(statistics)
    else:
        console().print(draw_statistics(statistics))


def draw_statistics(statistics: Statistics) -> RenderableType:
    """What changed in words, every figure as a table, and what success and scores have to do with duration."""
    if not statistics.executions.value:
        return Text("Nothing has run in this time.")
    table = FittedTable(
        ("figure", "now", "before", "change", "more than noise?"),
        [
            _row(name, getattr(statistics, field), field, kind)
            for name, field, kind in _FIGURES
            if _is_told(statistics, field)
        ],
        texts=("figure", "more than noise?"),
        shortened=("figure",),
        left_out=("before",),
    )
    parts: list[RenderableType] = [*map(Text, _sentences(statistics)), Text(), table]
    if sum(band.executions for band in statistics.success_and_duration.bands) >= _LEAST_IN_BANDS:
        parts += [Text(), _bands(statistics.success_and_duration.bands)]
    if statistics.speed_and_scores:
        parts += [Text(), _scores(statistics.speed_and_scores)]
    return Group(*parts)


def _bands(bands: list[DurationBand]) -> FittedTable:
    return FittedTable(
        ("took", "executions", "success"),
        [
            (
                Text(f"{duration_text(one.from_ns)} to {duration_text(one.to_ns)}"),
                cell(count_text(one.executions)),
                _value(one.success_rate, "rate"),
            )
            for one in bands
        ],
        texts=("took",),
        shortened=("took",),
        left_out=(),
    )


def _scores(scores: list[SpeedAndScore]) -> FittedTable:
    return FittedTable(
        ("score", "scored", "mean of the faster half", "of the slower", "more than noise?"),
        [
            (
                Text(one.name),
                cell(count_text(one.scored)),
                _value(one.fast_mean, "number"),
                _value(one.slow_mean, "number"),
                _is_more_than_noise(one.is_notable) or Text("yes", style="bold"),
            )
            for one in scores
        ],
        texts=("score", "more than noise?"),
        shortened=("score",),
        left_out=("scored",),
    )


def _is_told(statistics: Statistics, field: str) -> bool:
    figure: Figure = getattr(statistics, field)
    return figure.value is not None or figure.previous is not None


def _sentences(statistics: Statistics) -> list[str]:
    count = counted(round(statistics.executions.value or 0), "execution")
    period = f"{count} from {_time(statistics.from_time)} to {_time(statistics.to_time)} UTC: {_outcomes(statistics)}."
    if not statistics.executions.previous:
        return [period, "Nothing ran in the period before, so there is nothing to compare with.", *_found(statistics)]
    notable = [name for name, field, _ in _FIGURES if getattr(statistics, field).is_notable]
    found = [
        period,
        f"Changed by more than noise: {', '.join(notable)}." if notable else "Nothing changed by more than noise.",
    ]
    if not statistics.is_previous_whole:
        found.append("The period before is not covered as a whole, so counts and sums are not compared.")
    return [*found, *_found(statistics)]


def _outcomes(statistics: Statistics) -> str:
    told = [(statistics.succeeded, "succeeded"), (statistics.failed, "failed")]
    told += [
        (count, word) for count, word in ((statistics.skipped, "skipped"), (statistics.running, "running")) if count
    ]
    return ", ".join(f"{count_text(count)} {word}" for count, word in told)


def _found(statistics: Statistics) -> list[str]:
    """What success and scores have to do with duration, where it is more than noise."""
    found: list[str] = []
    both = statistics.success_and_duration
    if both.is_notable and both.longer is not None:
        found.append(
            f"Failed executions take {'longer' if both.longer > 0 else 'shorter'} than those that succeed: "
            f"p50 {duration_text(both.failed_p50_ns)} against {duration_text(both.succeeded_p50_ns)}."
        )
    found += [
        f"Slower executions score {'better' if (one.correlation or 0) > 0 else 'worse'} in {one.name}: "
        f"{one.slow_mean:.3g} in the slower half, {one.fast_mean:.3g} in the faster."
        for one in statistics.speed_and_scores
        if one.is_notable
    ]
    return found


def _row(name: str, figure: Figure, field: str, kind: str) -> tuple[Text, ...]:
    words = _is_more_than_noise(figure.is_notable)
    if words is None:
        is_good = ((figure.change or 0) > 0) == (field in _GOOD_IF_MORE)
        words = Text("yes", style="bold" if kind in ("count", "number") else "green" if is_good else "red")
    return (
        Text(name),
        _value(figure.value, kind),
        _value(figure.previous, kind),
        muted(NONE) if figure.change is None else cell(_change(figure.change, kind)),
        words,
    )


def _is_more_than_noise(is_notable: bool | None) -> Text | None:
    return {None: muted("too little to tell"), False: muted("no")}.get(is_notable)


def _value(value: float | None, kind: str) -> Text:
    if value is None:
        return muted(NONE)
    if kind == "time":
        return cell(duration_text(value))
    if kind == "rate":
        return cell(share_text(value))
    if kind == "money":
        return cell(cost_text(value))
    return cell(count_text(round(value)) if kind == "count" else f"{value:,.3g}")


def _change(change: float, kind: str) -> str:
    sign = "+" if change > 0 else "−" if change < 0 else ""
    return f"{sign}{abs(change) * 100:.1f}\u202f{'pp' if kind == 'rate' else '%'}"


def _time(text: str) -> str:
    return text[:16].replace("T", " ")
