"""Changes of numbers in colour, as `longpole regressions`, `longpole trends` and `longpole report` print them."""

from rich.text import Text

from longpole.reports.change_views import MetricChange
from longpole.reports.change_words import difference_text, levels_text


def change_text(change: MetricChange) -> Text:
    """Such as `p50 1.61 s → 1.94 s, +20.7 %`; worse ones are red, better ones green."""
    style = "" if change.is_worse is None else "red" if change.is_worse else "green"
    text = Text(levels_text(change))
    difference = difference_text(change)
    return text.append(f", {difference}", style) if difference else text
