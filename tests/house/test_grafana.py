"""The Grafana dashboard asks for metrics that exist, by labels that they have, and Grafana can read its file.

Grafana ships no schema that works offline; what is checked is what it refuses or draws wrongly: ids, places, kinds of
panels, units, and data sources. Every query was also put to a real Prometheus.
"""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import yaml

from house.checkout import ROOT
from longpole.server.metrics import MEASURES, PROCESS_MEASURES
from longpole.settings import Settings

FILE = ROOT / "deploy" / "grafana" / "longpole.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
OF_THE_SCRAPE = {"job", "instance"}
COLUMNS = 24
KINDS = {"row", "stat", "timeseries", "heatmap", "table"}
UNITS = {"short", "percentunit", "s", "bytes", "currencyUSD"}
SELECTOR = re.compile(r"\b((?:longpole|process)_\w+)(?:\{([^}]*)\})?")
GROUPING = re.compile(r"\bby \(([^)]*)\)")


def labels_by_series() -> dict[str, set[str]]:
    """The labels of every series that `/metrics` has, the parts of a histogram one by one."""
    found: dict[str, set[str]] = {name: set() for name, _, _ in PROCESS_MEASURES}
    for measure in MEASURES:
        labels = set(measure.labels)
        if measure.kind == "histogram":
            found |= {f"{measure.name}_{part}": labels for part in ("count", "sum")}
            found[f"{measure.name}_bucket"] = labels | {"le"}
        else:
            found[measure.name] = labels
    return found


KNOWN = labels_by_series()


def queries() -> Iterator[tuple[str, dict[str, Any]]]:
    for panel in PANELS:
        for target in panel.get("targets", ()):
            yield f"{panel['title']} {target['refId']}", target


def unknown_in(query: str) -> list[str]:
    """The series that a PromQL query names and that are not there, and the labels that they do not have."""
    series = {name for name, _ in SELECTOR.findall(query)}
    wrong = sorted(series - set(KNOWN))
    for name, matchers in SELECTOR.findall(query):
        asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        wrong += sorted(f"{name}{{{label}}}" for label in asked - KNOWN.get(name, asked) - OF_THE_SCRAPE)
    grouped = {label.strip() for group in GROUPING.findall(query) for label in group.split(",")}
    has_all = set.union(*(KNOWN.get(name, set()) for name in series)) if series else set[str]()
    return wrong + sorted(f"by ({label})" for label in grouped - has_all - OF_THE_SCRAPE)


@pytest.mark.parametrize(("name", "target"), [pytest.param(*one, id=one[0]) for one in queries()])
def test_a_panel_asks_for_series_and_labels_that_are_there(name: str, target: dict[str, Any]) -> None:
    assert SELECTOR.search(target["expr"]), name
    assert unknown_in(target["expr"]) == []
    shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    assert shown <= {label.strip() for group in GROUPING.findall(target["expr"]) for label in group.split(",")}


def test_the_check_finds_what_is_wrong() -> None:
    query = 'sum by (agent, colour) (rate(longpole_executions_total{agent="a", shape="b"}[1m])) + longpole_nothing'
    assert unknown_in(query) == ["longpole_nothing", "longpole_executions_total{shape}", "by (colour)"]


def test_what_agents_do_is_all_shown() -> None:
    told = {measure.name for measure in MEASURES if {"agent", "model", "category"} & set(measure.labels)}
    asked = " ".join(target["expr"] for _, target in queries())
    assert len(told) > 10
    assert [name for name in sorted(told) if name not in asked] == []


def test_every_list_of_choices_comes_from_a_label_that_is_there() -> None:
    variables = {one["name"]: one for one in DASHBOARD["templating"]["list"]}
    assert variables.pop("datasource")["query"] == "prometheus"
    for variable in variables.values():
        series, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()  # pyright: ignore[reportOptionalMemberAccess]
        assert label in KNOWN[series] | OF_THE_SCRAPE
    used = set(re.findall(r"\$\{?(\w+)", FILE.read_text())) - {"__rate_interval", "__range", "__all"}
    assert used == {*variables, "datasource"}


def test_panels_have_their_own_ids_and_places() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for panel in PANELS:
        place = panel["gridPos"]
        assert panel["type"] in KINDS, panel["title"]
        assert place["x"] + place["w"] <= COLUMNS, panel["title"]
        assert min(place.values()) >= 0 < place["h"], panel["title"]
    overlaps = [(one["title"], two["title"]) for one, two in combinations(PANELS, 2) if overlap(one, two)]
    assert overlaps == []


def overlap(one: dict[str, Any], two: dict[str, Any]) -> bool:
    a, b = one["gridPos"], two["gridPos"]
    is_beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    is_above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
    return not (is_beside or is_above)


def test_every_panel_says_what_it_shows_in_which_unit_and_asks_the_chosen_prometheus() -> None:
    for panel in PANELS:
        if panel["type"] == "row":
            continue
        assert panel["description"], panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources), panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]), panel["title"]


def test_prometheus_is_told_the_port_that_a_server_listens_on() -> None:
    (job,) = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text())["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"127.0.0.1:{Settings().port}"]}]
