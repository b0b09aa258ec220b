"""The page of all metrics, from the table in `longpole.server.metrics`."""

from longpole.model.durations import BOUNDS_S
from longpole.server.metrics import MEASURES, PROCESS_MEASURES

INTRODUCTION = f"""\
# Metrics

`GET /metrics` answers in Prometheus' text format, or as OpenMetrics where the scraper asks for it. Counters count since
the server started. Nothing is computed while nobody asks. Where keys are used, a key of all workspaces with the right
to read is needed, as a bearer token.

Histograms are in seconds, with the bounds {", ".join(f"{bound:g}" for bound in BOUNDS_S)}.

This page is made from `src/longpole/server/metrics.py` by `make docs`.

| name | kind | label | meaning |
| --- | --- | --- | --- |
"""


def render() -> str:
    """The page as Markdown."""
    own = [
        f"| `{measure.name}` | {measure.kind} | {f'`{measure.label}`' if measure.label else ''} | {measure.meaning} |"
        for measure in MEASURES
    ]
    rest = [f"| `{name}` | {kind} |  | {meaning} On Linux. |" for name, kind, meaning in PROCESS_MEASURES]
    return INTRODUCTION + "\n".join([*own, *rest]) + "\n"
