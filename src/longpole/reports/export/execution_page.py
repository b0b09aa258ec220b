"""One execution as one HTML file: opened by a double click, in both themes, and it asks nobody for anything.

Verdict, bar and strip are made here. The waterfall and the table are drawn by the script of the page, of which a
browser shows as many rows as fit: 50,000 steps open like ten. What programs and users named is only ever text.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from longpole.reports.bodies import NO_BODY
from longpole.reports.export.execution_words import facts_of, kind_of, shares_of, status_text, verdict_of
from longpole.reports.export.markup import Html, tag
from longpole.reports.node_views import ExecutionNode
from longpole.reports.numbers import cost_text, count_text, duration_text
from longpole.reports.rows import Row
from longpole.reports.tree_nodes import Node, extent_of, node_id, node_name, with_depths
from longpole.reports.views import ExecutionTree, PathStep

LONGEST_TEXT = 20_000
"""Characters of an input or output that the page holds; what is longer is cut and says so."""

_TICKS = [place / 5 for place in range(6)]
_LEAST_LABEL = 0.07  # of the width: a narrower stretch of the strip has no room for its name
_LEAST_STRETCH = 0.002  # of the whole: a shorter one of the path is not seen by itself
_BAD = ("failed", "timeout", "crashed")


def render_execution_page(tree: ExecutionTree, bodies: Mapping[str, Row], *, left_out: int = 0) -> str:
    """The page as text.

    Args:
        tree: the execution.
        bodies: what spans carried, by span id.
        left_out: how many spans carried something that is not among `bodies`.
    """
    item = tree.execution
    script = _asset("execution_page.js")
    sealed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{sealed}'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        # First of all: no script runs but the one with this hash, should a name ever pass for markup.
        tag("meta", **{"http-equiv": "Content-Security-Policy", "content": policy}),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content="Longpole"),
        tag("title", f"{item.agent} · {_length(tree)} · Longpole"),
        tag("style", Html(_asset("weekly_page.css") + _asset("execution_page.css"))),
    )
    told = Html(json.dumps(_told(tree, bodies)).replace("<", "\\u003c"))
    body = tag(
        "body",
        tag("main", _masthead(tree), _bar_card(tree), _steps_card(tree, left_out), _foot(tree)),
        tag("script", told, type="application/json", id="told"),
        tag("script", Html(script)),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _asset(name: str) -> str:
    return resources.files("longpole.reports.export").joinpath(name).read_text(encoding="utf-8")


def _whole_ns(tree: ExecutionTree) -> int:
    return tree.duration_ns or sum(tree.shares.values()) or 1


def _length(tree: ExecutionTree) -> str:
    return duration_text(_whole_ns(tree)) + ("" if tree.duration_ns is not None else " so far")


def _masthead(tree: ExecutionTree) -> Html:
    item = tree.execution
    claim, rest = verdict_of(tree)
    chips = [tag("span", text, class_="chip") for text in (item.version, item.environment, item.service) if text]
    style = "good" if item.status == "success" else "bad" if item.status in _BAD else "m"
    first = (item.error_message or "").strip().splitlines()[:1]
    return tag(
        "header",
        tag("p", tag("span", item.agent, class_="agent"), *chips,
            tag("span", f"{item.started_at[:23].replace('T', ' ')} UTC", class_="m at"), class_="who"),
        tag(
            "div",
            tag("h1", _length(tree)),
            tag(
                "div",
                tag("p", tag("b", claim), f" {rest}" if rest else None, class_="claim"),
                tag("p", tag("b", status_text(item.status, item.error_type), class_=style),
                    "".join(f" · {fact}" for fact in facts_of(tree)), class_="m"),
                tag("p", tag("code", first[0][:400]), class_="bad") if first else None,
            ),
            class_="answer",
        ),
    )  # fmt: skip


def _bar_card(tree: ExecutionTree) -> Html:
    shares, whole = shares_of(tree), _whole_ns(tree)
    bar = [
        tag("i", class_=f"k {share.kind}", style=f"flex:{share.ns} 0 0", title=f"{share.name}: {share.text}")
        for share in shares
    ]
    keys = [
        tag(
            "li",
            tag("i", class_=f"k {share.kind}"),
            tag("span", share.name),
            tag("b", duration_text(share.ns)),
            tag("span", share.text, class_="m"),
        )
        for share in shares
    ]
    strip = [_stretch(steps, whole) for steps in _seen_together(tree.critical_path, whole)]
    return tag(
        "section",
        tag("div", tag("h2", f"Where {_length(tree)} of wall time went"),
            tag("span", "every moment counted once, sums to 100.0 %", class_="m"), class_="hd"),
        tag("div", tag("span", "This run", class_="m"), tag("div", *bar, class_="wall"), class_="lane"),
        tag("ul", *keys, class_="keys"),
        tag("div", tag("span", "Critical path", class_="m"), tag("div", *strip, class_="strip"), class_="lane")
        if strip
        else None,
        class_="card",
    )  # fmt: skip


def _seen_together(path: Sequence[PathStep], whole: int) -> list[list[PathStep]]:
    """The stretches of the path as they are drawn: short ones that follow each other are one."""
    found: list[list[PathStep]] = []
    room = 0
    for step in path:
        is_short = step.duration_ns < whole * _LEAST_STRETCH
        if is_short and room > 0:
            found[-1].append(step)
            room -= step.duration_ns
        else:
            found.append([step])
            room = int(whole * _LEAST_STRETCH) - step.duration_ns
    return found


def _stretch(steps: Sequence[PathStep], whole: int) -> Html:
    longest = max(steps, key=lambda step: step.duration_ns)
    lasted_ns = sum(step.duration_ns for step in steps)
    others = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
    text = f"{longest.name}{others}: {duration_text(lasted_ns)} from {duration_text(steps[0].offset_ns)}"
    label = tag("span", longest.name) if lasted_ns / whole >= _LEAST_LABEL else None
    bar = tag("i", class_=f"k {kind_of(longest.category)}")
    return tag(
        "div", label, bar, style=f"left:{steps[0].offset_ns / whole:.4%};width:{lasted_ns / whole:.4%}", title=text
    )


def _steps_card(tree: ExecutionTree, left_out: int) -> Html:
    spans = len(tree.executions) + len(tree.steps)
    note = f"{count_text(spans)} executions and steps; the ink line is the critical path"
    if left_out:
        note += f"; inputs and outputs of {count_text(left_out)} of them are not in this file"
    buttons = [
        tag("button", text, type="button", **{"data-view": view, "aria-pressed": "true" if view == "tree" else "false"})
        for view, text in (("tree", "Waterfall"), ("table", "Table"))
    ]
    return tag(
        "section",
        tag("div", tag("h2", "Steps"), tag("span", *buttons, class_="views"),
            tag("input", type="search", placeholder="Find step", **{"aria-label": "Find step"}, id="find"),
            tag("span", note, class_="m"), class_="hd"),
        tag("noscript", tag("p", "The steps are drawn by a script in this file, and scripts are switched off here.")),
        tag("div", tag("div", id="rows", tabindex="0", role="grid", **{"aria-label": "Steps"}),
            tag("aside", tag("p", "Choose a step to see what it carried.", class_="m"), id="details",
                **{"aria-live": "polite"}), class_="split"),
        class_="card",
    )  # fmt: skip


def _foot(tree: ExecutionTree) -> Html:
    text = f"Made by Longpole from execution {tree.execution.execution_id}. This file asks nobody for anything."
    return tag("p", text, class_="m foot")


def _told(tree: ExecutionTree, bodies: Mapping[str, Row]) -> dict[str, Any]:
    """What the script draws: rows in the order of the tree, the path by row, the ticks of the axis."""
    whole = _whole_ns(tree)
    nodes: list[Node] = [*tree.executions, *tree.steps]
    rows = with_depths(nodes)
    first, last = extent_of(nodes, whole)
    places = {node_id(node): place for place, (node, _) in enumerate(rows)}
    places |= {node.execution_id: place for place, (node, _) in enumerate(rows) if isinstance(node, ExecutionNode)}
    # Moments between two steps belong to the agent above them: drawn, they would be stairs up and down for nothing.
    above = {place for place in range(len(rows) - 1) if rows[place + 1][1] > rows[place][1]}
    path = [
        [places[step.node_id], step.offset_ns, step.duration_ns]
        for step in tree.critical_path
        if step.node_id in places and (places[step.node_id] not in above or step.duration_ns >= whole * _LEAST_STRETCH)
    ]
    return {
        "from": first,
        "whole": last - first,
        "rows": [_row(node, depth, last) for node, depth in rows],
        "details": [_details(node, bodies.get(node_id(node), NO_BODY)) for node, _ in rows],
        "path": path,
        "ticks": [[share, duration_text(first + (last - first) * share)] for share in _TICKS],
    }


def _row(node: Node, depth: int, last: int) -> dict[str, Any]:
    is_execution = isinstance(node, ExecutionNode)
    duration_ns = max(0, last - node.offset_ns) if node.duration_ns is None else node.duration_ns
    return {
        "d": depth,
        "n": node_name(node),
        "k": kind_of("agent" if is_execution else node.category),
        "c": node.kind if is_execution else node.category,
        "s": status_text(node.status, node.error_type),
        "b": node.status in _BAD,
        "x": int(is_execution),
        "o": node.offset_ns,
        "l": duration_ns,
        "f": None if is_execution else node.first_token_ns,
        "t": [
            duration_text(node.offset_ns),
            duration_text(node.duration_ns) if node.duration_ns is not None else "running",
            duration_text(node.self_ns) if node.self_ns is not None else "–",
            duration_text(node.critical_ns) if node.critical_ns else "–",
            _tokens(node),
            "–" if node.cost_usd is None else cost_text(node.cost_usd),
        ],
        "v": [node.offset_ns, duration_ns, node.self_ns or 0, node.critical_ns or 0,
              (node.input_tokens or 0) + (node.output_tokens or 0), node.cost_usd or 0],
    }  # fmt: skip


def _tokens(node: Node) -> str:
    if node.input_tokens is None and node.output_tokens is None:
        return "–"
    return f"{count_text(node.input_tokens)} → {count_text(node.output_tokens)}"


def _details(node: Node, body: Row) -> list[list[str]]:
    """What is shown of a span when it is chosen: names and texts."""
    told: list[tuple[str, object]] = [
        ("Model", node.model),
        ("Tool", None if isinstance(node, ExecutionNode) else node.tool),
        ("Operation", None if isinstance(node, ExecutionNode) else node.operation),
        ("Error", node.error_type),
        ("Message", node.error_message if isinstance(node, ExecutionNode) else None),
        ("Code", f"{node.code_file}:{node.code_line}" if isinstance(node, ExecutionNode) and node.code_file else None),
        ("Input", body["input"]),
        ("Output", body["output"]),
        ("Stack", body["error_stack"]),
        ("Attributes", body["attributes"] if body["attributes"] not in (None, "{}") else None),
        ("Id", node_id(node)),
    ]
    return [[name, _cut(str(value))] for name, value in told if value not in (None, "")]


def _cut(text: str) -> str:
    if len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}\n… {len(text) - LONGEST_TEXT:,} characters more are not in this file"
