"""Every module and every public name says what it is for."""

import ast
from collections.abc import Iterator
from pathlib import Path

from house.checkout import python_files, short, syntax

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public_names(body: list[ast.stmt]) -> Iterator[Documented]:
    """Public functions and classes of a module, and the public methods of its public classes."""
    for node in body:
        if isinstance(node, Documented) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_names(node.body)


def is_explained_elsewhere(node: Documented) -> bool:
    """Overloads and overriding methods are explained where they come from, setters at their property."""
    named = {ast.unparse(decorator).rsplit(".", 1)[-1] for decorator in node.decorator_list}
    return bool(named & {"overload", "override", "setter"})


def undocumented(path: Path) -> Iterator[str]:
    """What of this file has no docstring."""
    tree = syntax(path)
    if tree.body and not ast.get_docstring(tree):
        yield f"{short(path)}: the module"
    for node in public_names(tree.body):
        if not ast.get_docstring(node) and not is_explained_elsewhere(node):
            yield f"{short(path)}:{node.lineno} {node.name}"


def test_every_module_function_and_class_has_a_docstring():
    assert [line for path in python_files("src", "scripts", "bench") for line in undocumented(path)] == []
