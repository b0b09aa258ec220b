"""A comparison of baselines in words: the verdict first, and each figure as people read it."""

from longpole.reports.numbers import NONE, UNKNOWN, cost_text, counted, duration_text
from longpole.testing.baseline_change import FEWEST_PROCESSES, FEWEST_RUNS, BaselineChange, MeasureChange

NAMES = {
    "duration_ns": "duration",
    "model_calls": "model calls",
    "tool_calls": "tool calls",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "cost_usd_nanos": "cost",
}
_MOST_NAMES = 5
_WORSE = {"duration_ns": "slower", "cost_usd_nanos": "costlier"}
_BETTER = {"duration_ns": "faster", "cost_usd_nanos": "cheaper"}


def verdict_sentence(found: BaselineChange) -> str:
    """What came out, in one sentence."""
    worse, better = {name for name, _ in found.told("worse")}, {name for name, _ in found.told("better")}
    compared = counted(len(found.operations), "test")
    if not found.operations:
        return "Nothing to compare: no test is in both baselines."
    if worse:
        also = f", {counted(len(better), 'got', 'got')} better" if better else ""
        return f"{len(worse):,} of {compared} got worse{also}."
    rest = f"{len(better):,} of {compared} got better, none worse" if better else f"{compared}: none got worse"
    unsure = {name for name, _ in found.told("too_few")}
    return f"{rest} for certain; of {len(unsure):,} there are not enough runs to tell." if unsure else f"{rest}."


def notes_of(found: BaselineChange) -> list[str]:
    """What must be known to read the table; one sentence each."""
    notes: list[str] = []
    if found.differing:
        notes.append(
            f"Durations are not judged, because the baselines are of different machines: {', '.join(found.differing)}."
        )
    few = [one for _, one in found.told("too_few")]
    if any(one.measure == "duration_ns" for one in few):
        notes.append(
            f"Durations are judged from {FEWEST_RUNS} runs on each side (--longpole-runs) and {FEWEST_PROCESSES} "
            "processes of the baseline (a folder) on: runs of one process are alike."
        )
    if any(one.measure != "duration_ns" for one in few):
        notes.append(
            "Counters are judged where all runs of a side agree, from four runs on each side on; from one where the "
            f"test says longpole_budget(exact=True); where they vary, from {FEWEST_RUNS}."
        )
    if found.only_in_base:
        notes.append(f"Not compared, because only the baseline has them: {_names(found.only_in_base)}.")
    if found.only_in_head:
        notes.append(f"Not compared, because the baseline has them not: {_names(found.only_in_head)}.")
    return notes


def _names(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMES])
    return shown if len(names) <= _MOST_NAMES else f"{shown} and {len(names) - _MOST_NAMES:,} more"


def verdict_word(change: MeasureChange) -> str:
    """How one figure changed."""
    if change.verdict == "worse":
        return _WORSE.get(change.measure, "more")
    if change.verdict == "better":
        return _BETTER.get(change.measure, "fewer")
    return {
        "same": "the same" if change.is_exact else "no certain change",
        "too_few": "not enough runs to tell",
        "unknown": UNKNOWN,
        "elsewhere": "another machine",
    }[change.verdict]


def value_text(change: MeasureChange, value: float | None, *, is_signed: bool = False) -> str:
    """A value of this figure in its unit."""
    if value is None:
        return UNKNOWN
    plus = "+" if is_signed and value > 0 else ""
    if change.measure == "duration_ns":
        return plus + duration_text(value)
    if change.measure == "cost_usd_nanos":
        return plus + cost_text(value / 1e9)
    text = f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    return plus + text.replace("-", "−")


def change_text(change: MeasureChange) -> str:
    """The change, and how much of the base it is."""
    if change.change is None:
        return NONE
    share = "" if not change.base else f" ({_percent(change.change / change.base)})"
    return value_text(change, change.change, is_signed=True) + share


def interval_text(change: MeasureChange) -> str:
    """The 95 % interval of the change; "exact" for what has none because it does not vary."""
    if change.is_exact:
        return "exact"
    if change.low is None or change.high is None:
        return NONE
    return f"{value_text(change, change.low, is_signed=True)} to {value_text(change, change.high, is_signed=True)}"


def runs_text(change: MeasureChange) -> str:
    """How many runs on each side, and in how many processes where that counts."""
    return f"{_runs(change.base_runs, change.base_processes)} and {_runs(change.head_runs, change.head_processes)}"


def _runs(runs: int, processes: int) -> str:
    return f"{runs:,}" if processes == 1 else f"{runs:,} in {processes:,} processes"


def _percent(share: float) -> str:
    text = f"{share * 100:+.1f}\u202f%" if abs(share) < 1 else f"{share * 100:+,.0f}\u202f%"
    return text.replace("-", "−")
