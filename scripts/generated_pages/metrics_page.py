"""The page of all metrics, from the table in `longpole.server.metrics`."""

from collections.abc import Sequence

from longpole.ingest import activity
from longpole.model.durations import BOUNDS_S
from longpole.server.metrics import MEASURES, PROCESS_MEASURES

INTRODUCTION = f"""\
# Metrics

`GET /metrics` answers in Prometheus' text format, or as OpenMetrics where the scraper asks for it. Counters count since
the server started. Nothing is computed while nobody asks. Where keys are used, a key of all workspaces with the right
to read is needed, as a bearer token.

Histograms are in seconds, with the bounds {", ".join(f"{bound:g}" for bound in BOUNDS_S)}.
Those with the label `agent`, `model`, `category` or `kind` tell of what agents do, and have the bounds
{", ".join(f"{bound:g}" for bound in activity.BOUNDS_S)}; see [Prometheus and Grafana](../how-to/prometheus.md).

This page is made from `src/longpole/server/metrics.py` by `make docs`.

| name | kind | labels | meaning |
| --- | --- | --- | --- |
"""


def render() -> str:
    """The page as Markdown."""
    own = [f"| `{one.name}` | {one.kind} | {_labels(one.labels)} | {one.meaning} |" for one in MEASURES]
    rest = [f"| `{name}` | {kind} |  | {meaning} On Linux. |" for name, kind, meaning in PROCESS_MEASURES]
    return INTRODUCTION + "\n".join([*own, *rest]) + "\n"


def _labels(labels: Sequence[str]) -> str:
    return ", ".join(f"`{label}`" for label in labels)
