"""One execution as HTML for a notebook: verdict, where the time went, every step with its bar."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from longpole.model.status import FAILED_STATUSES
from longpole.model.timeline_html import BarRow, bars_html, heading_html, page_html, shares_html
from longpole.reports.numbers import counted, duration_text

if TYPE_CHECKING:
    from longpole.reports.views import ExecutionTree

_LONGEST = 200


class _Node(Struct, frozen=True, kw_only=True):
    """An execution or a step, and the id of what it is below, if that is there."""

    node_id: str
    parent_id: str | None
    name: str
    category: str
    status: str
    offset_ns: int
    duration_ns: int | None
    error_type: str | None
    model: str | None
    is_execution: bool


def tree_html(tree: "ExecutionTree") -> str:
    """The drawing; the heavy part of a bar is the critical path, in which all else waited for that very row."""
    item = tree.execution
    total_ns = max(1, tree.duration_ns or sum(tree.shares.values()))
    took = duration_text(item.duration_ns) if item.duration_ns is not None else f"{duration_text(total_ns)} so far"
    usual = "" if tree.usual is None else f"usual {duration_text(tree.usual.p50_ns)}"
    failed = "" if item.error_type is None else f"{item.error_type}: {item.error_message or ''}"[:_LONGEST]
    shares = [
        (category, f"{category.replace('_', ' ')} {duration_text(spent_ns)}", spent_ns / total_ns)
        for category, spent_ns in sorted(tree.shares.items(), key=lambda share: -share[1])
    ]
    steps = counted(item.steps_total, "step")
    return page_html(
        heading_html(item.agent, took, item.status, failed, usual, steps, item.execution_id),
        shares_html(shares),
        bars_html(_bars(tree, total_ns)),
    )


def _bars(tree: "ExecutionTree", total_ns: int) -> list[BarRow]:
    heavy: dict[str, list[tuple[float, float]]] = {}
    for stretch in tree.critical_path:
        heavy.setdefault(stretch.node_id, []).append((stretch.offset_ns / total_ns, stretch.duration_ns / total_ns))
    nodes = {node.node_id: node for node in _nodes(tree)}
    return [_bar(depth, node, total_ns, heavy) for depth, node in _walk(nodes)]


def _nodes(tree: "ExecutionTree") -> Iterator[_Node]:
    spans = {each.execution_id: each.span_id for each in tree.executions}
    there = {*spans.values(), *(step.step_id for step in tree.steps)}
    for each in tree.executions:
        yield _Node(
            node_id=each.span_id,
            parent_id=each.parent_step_id
            if each.parent_step_id in there
            else spans.get(each.parent_execution_id or ""),
            name=each.agent,
            category="agent",
            status=each.status,
            offset_ns=each.offset_ns,
            duration_ns=each.duration_ns,
            error_type=each.error_type,
            model=each.model,
            is_execution=True,
        )
    for step in tree.steps:
        yield _Node(
            node_id=step.step_id,
            parent_id=step.parent_step_id if step.parent_step_id in there else spans.get(step.execution_id),
            name=step.name,
            category=step.category,
            status=step.status,
            offset_ns=step.offset_ns,
            duration_ns=step.duration_ns,
            error_type=step.error_type,
            model=step.model,
            is_execution=False,
        )


def _walk(nodes: Mapping[str, _Node]) -> Iterator[tuple[int, _Node]]:
    """Depth and node, parents before what is below them, siblings by start."""
    below: dict[str | None, list[_Node]] = {}
    for node in sorted(nodes.values(), key=lambda node: -node.offset_ns):  # the latest first: it is read from its end
        below.setdefault(None if node.parent_id == node.node_id else node.parent_id, []).append(node)
    waiting = [(0, node) for node in below.pop(None, [])]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        waiting += [(depth + 1, child) for child in below.pop(node.node_id, [])]


def _bar(depth: int, node: _Node, total_ns: int, heavy: Mapping[str, list[tuple[float, float]]]) -> BarRow:
    length_ns = max(0, total_ns - node.offset_ns) if node.duration_ns is None else node.duration_ns
    error = (node.error_type or "").rpartition(".")[2]
    notes = ("" if node.status == "success" else node.status.replace("_", " "), error, node.model or "")
    return BarRow(
        name=node.name,
        depth=depth,
        category=node.category,
        start=node.offset_ns / total_ns,
        length=length_ns / total_ns,
        time=duration_text(length_ns) + ("…" if node.duration_ns is None else ""),
        note=" ".join(filter(None, notes)),
        is_bold=node.is_execution,
        has_failed=node.status in FAILED_STATUSES,
        heavy=heavy.get(node.node_id, ()),
    )
