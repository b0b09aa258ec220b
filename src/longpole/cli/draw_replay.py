"""What came of a replay, for the terminal: where it left the recording, and what the change of the code has brought."""

from rich.console import Group, RenderableType
from rich.text import Text

from longpole.replay.plan import Outcome, Plan
from longpole.reports.compare_views import Comparison
from longpole.reports.numbers import counted, duration_text
from longpole.reports.path_views import WhatIf

_MOST_SHOWN = 5


def draw_outcome(plan: Plan, outcome: Outcome) -> RenderableType:
    """How many calls were given back or made, the first divergence in full, and what nobody asked for."""
    parts: list[RenderableType] = [Text(_sentence(plan, outcome))]
    if outcome.redacted:
        was = "was" if outcome.redacted == 1 else "were"
        parts.append(
            Text(
                f"{counted(outcome.redacted, 'result')} {was} given back without what privacy took out: not exact",
                "yellow",
            )
        )
    if outcome.divergences and plan.from_ is None:
        first, *others = outcome.divergences
        parts += [Text(), Text("First divergence", style="bold"), Text(first.text)]
        more = len(others) + outcome.divergences_left_out
        if more:
            names = ", ".join(dict.fromkeys(each.name for each in others[:_MOST_SHOWN]))
            parts.append(Text(f"and {more:,} more ({names})", style="dim"))
    if outcome.never_asked:
        names = ", ".join(dict.fromkeys(outcome.never_asked[:_MOST_SHOWN]))
        parts.append(Text(f"Recorded and not asked for: {counted(len(outcome.never_asked), 'call')} ({names})", "dim"))
    return Group(*parts)


def draw_pair(found: Comparison, predicted: WhatIf | None) -> RenderableType:
    """What the run took beside the recorded one, and what the simulation of the same change had said."""
    before, after = duration_text(found.a.duration_ns), duration_text(found.b.duration_ns)
    parts: list[RenderableType] = [Text(f"Finish: {before} recorded, {after} replayed", style="bold")]
    if predicted is not None:
        words = " and ".join(change.words for change in predicted.changes)
        options = " ".join(change.option for change in predicted.changes)
        parts.append(Text(f"Predicted for {words}: {duration_text(predicted.after_ns)} (what-if {options})"))
    return Group(*parts)


def _sentence(plan: Plan, outcome: Outcome) -> str:
    made = [f"{counted(outcome.served, 'call')} given back"]
    if outcome.live:
        made.append(f"{outcome.live:,} made")
    if outcome.stubbed:
        made.append(f"{outcome.stubbed:,} given the nearest result")
    start = "" if plan.from_ is None else f"From {plan.from_!r}: "
    return f"{start}{', '.join(made)}."
