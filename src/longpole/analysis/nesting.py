"""Which of some spans stand inside others of them: of a call that only passes on what it got, the outer one counts."""

from longpole.model.tree import NO_PARENT, Tree


class Nesting:
    """Asks which spans stand inside others, however deep. Cost: 0.3 us a span of the tree, once, where it matters."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._places: list[int] = []
        self._last: list[int] = []

    def outermost(self, nodes: list[int]) -> list[int]:
        """Those that are not inside another one of them, in their order."""
        children = self._tree.children
        if not any(children[node] for node in nodes):
            return nodes
        if not self._places:
            self._look()
        chosen: set[int] = set()
        end = -1
        for node in sorted(nodes, key=self._places.__getitem__):
            if self._places[node] > end:
                chosen.add(node)
                end = self._last[node]
        return [node for node in nodes if node in chosen]

    def _look(self) -> None:
        """By span its place in the order of the tree, and that of the last one below it."""
        order, parents = self._tree.order, self._tree.parents
        self._places = [0] * len(order)
        for place, node in enumerate(order):
            self._places[node] = place
        self._last = last = list(self._places)
        for node in reversed(order):
            parent = parents[node]
            if parent != NO_PARENT and last[parent] < last[node]:
                last[parent] = last[node]
