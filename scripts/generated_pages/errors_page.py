"""The page of all errors, from `longpole.model.errors`."""

import inspect

from longpole.model import errors

INTRODUCTION = """\
# Errors

Every error that Longpole raises on purpose. A message has three parts: what happened (with the value), what was
expected, what to do now. Inside an agent Longpole raises only in `configure()`; afterwards it counts, warns once, and
goes on.

This page is made from `src/longpole/model/errors.py` by `make docs`.
"""


def error_classes() -> list[type[Exception]]:
    """The classes in the order of the file: a class comes after its base."""
    own = [value for value in vars(errors).values() if inspect.isclass(value) and value.__module__ == errors.__name__]
    return [value for value in own if issubclass(value, Exception)]


def render() -> str:
    """The page as Markdown."""
    tree = (errors.__doc__ or "").split("\n\n")[1]
    parts = [INTRODUCTION, "```text\n" + inspect.cleandoc(tree) + "\n```\n"]
    for error in error_classes():
        bases = ", ".join(f"`{base.__name__}`" for base in error.__bases__)
        parts.append(f"## {error.__name__}\n\nA kind of {bases}. {inspect.getdoc(error)}\n")
    return "\n".join(parts)
