"""One execution as HTML for a notebook: verdict, where the time went, every step with its bar."""

from typing import TYPE_CHECKING

from longpole.model.status import FAILED_STATUSES
from longpole.model.timeline_html import BarRow, bars_html, heading_html, page_html, shares_html
from longpole.reports.node_views import ExecutionNode, StepNode
from longpole.reports.numbers import counted, duration_text
from longpole.reports.tree_nodes import Node, extent_of, node_id, node_name, with_depths

if TYPE_CHECKING:
    from longpole.reports.views import ExecutionTree

_LONGEST = 200


def tree_html(tree: "ExecutionTree") -> str:
    """The drawing; the heavy part of a bar is the critical path, in which all else waited for that very row."""
    item = tree.execution
    total_ns = _total_ns(tree)
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
        bars_html(_bars(tree)),
    )


def _bars(tree: "ExecutionTree") -> list[BarRow]:
    nodes: list[Node] = [*tree.executions, *tree.steps]
    first_ns, last_ns = extent_of(nodes, _total_ns(tree))
    whole = last_ns - first_ns
    heavy: dict[str, list[tuple[float, float]]] = {}
    for stretch in tree.critical_path:
        place = ((stretch.offset_ns - first_ns) / whole, stretch.duration_ns / whole)
        heavy.setdefault(stretch.node_id, []).append(place)
    rows: list[BarRow] = []
    for node, depth in with_depths(nodes):
        length_ns = max(0, last_ns - node.offset_ns) if node.duration_ns is None else node.duration_ns
        rows.append(
            BarRow(
                name=node_name(node),
                depth=depth,
                category=node.category if isinstance(node, StepNode) else "agent",
                start=(node.offset_ns - first_ns) / whole,
                length=length_ns / whole,
                time=duration_text(length_ns) + ("…" if node.duration_ns is None else ""),
                note=_note(node),
                is_bold=isinstance(node, ExecutionNode),
                has_failed=node.status in FAILED_STATUSES,
                heavy=heavy.get(node_id(node), ()),
            )
        )
    return rows


def _note(node: Node) -> str:
    error = (node.error_type or "").rpartition(".")[2]
    words = ("" if node.status == "success" else node.status.replace("_", " "), error, node.model or "")
    return " ".join(filter(None, words))


def _total_ns(tree: "ExecutionTree") -> int:
    return max(1, tree.duration_ns or sum(tree.shares.values()))
