"""The page of the public names of Python, from their signatures and docstrings."""

import enum
import inspect
import re
from collections.abc import Iterable

import longpole
from longpole import remedies

INTRODUCTION = """\
# Python

All public names. `import longpole` loads what records; what most programs do not use is loaded when it is first asked
for. After `configure()` nothing of it raises into your program or blocks it. How to use them:
[track agents](../how-to/track-agents.md), [ask questions from a program](../how-to/ask-questions.md).

This page is made from the docstrings by `make docs`.
"""
SECTIONS = ("Args:", "Returns:", "Raises:", "Yields:")
ARGUMENT = re.compile(r" {4}(?P<name>[\w*]+)(\s*\([^)]*\))?: (?P<text>.*)")
REMEDIES = """\
## longpole.remedies

What cures what an audit finds; it comes with the extra `remedies`. Each has a page of its own:
[how to](../start.md#how-to).
"""


def render() -> str:
    """The page as Markdown."""
    lines = [INTRODUCTION, "## longpole\n", *_sections(longpole, longpole.__all__)]
    lines += [REMEDIES, *_sections(remedies, remedies.__all__)]
    return "\n".join(lines).rstrip() + "\n"


def _sections(module: object, names: Iterable[str]) -> Iterable[str]:
    return [_section(name, getattr(module, name)) for name in sorted(names, key=str.lower)]


def _section(name: str, value: object) -> str:
    """The heading, the signature and the docstring of one name; a class with its public methods."""
    lines = [f"### {name}", ""]
    if not callable(value) or inspect.ismodule(value):
        return "\n".join([*lines, f"`{value!r}`" if isinstance(value, str) else _doc(value), ""])
    if inspect.isclass(value) and issubclass(value, enum.Enum):
        return "\n".join([*lines, _doc(value), "", ", ".join(f"`{one.name}`" for one in value), ""])
    lines += ["```text", _signature(name, value), "```", "", _doc(value), ""]
    if inspect.isclass(value):
        for method, found in _methods(value):
            lines += [f"`{_signature(method, found)}`", "", _doc(found), ""]
    return "\n".join(lines)


def _methods(of: type) -> Iterable[tuple[str, object]]:
    """What a class of ours has itself that is callable and public, in its order."""
    return [
        (name, found)
        for name, found in vars(of).items()
        if not name.startswith("_") and inspect.isfunction(found) and inspect.getdoc(found)
    ]


def _signature(name: str, value: object) -> str:
    """`name(parameters)`: names and defaults; types stand in the docstring where they are not plain."""
    try:
        signature = inspect.signature(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        return f"{name}(...)"
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty, default=_plain(parameter.default))
        for parameter in signature.parameters.values()
        if parameter.name not in ("self", "cls")
    ]
    return f"{name}{signature.replace(parameters=plain, return_annotation=inspect.Signature.empty)}"


class _Shown:
    """A default that prints as a text of our choice."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _plain(default: object) -> object:
    """A default as it is written; `...` where its own text would have an address in it."""
    if isinstance(default, enum.Enum):
        return _Shown(str(default))
    is_plain = default is inspect.Parameter.empty or isinstance(default, str | int | float | bool | None | tuple)
    return default if is_plain else _Shown("...")


def _doc(value: object) -> str:
    """The docstring as Markdown: sections are bold words with lists, indented examples are blocks."""
    lines: list[str] = []
    in_section = in_example = False
    for line in (inspect.getdoc(value) or "").splitlines():
        is_indented = line.startswith(("    ", ">>>"))
        if line and not is_indented:
            in_section = line in SECTIONS
        if is_indented and not in_section and not in_example:
            lines += ["```text"]
            in_example = True
        elif line and not is_indented and in_example:
            lines = [*_without_empty_end(lines), "```", ""]
            in_example = False
        lines += _lines_of(line, in_section=in_section)
    return "\n".join([*_without_empty_end(lines), "```"] if in_example else lines)


def _lines_of(line: str, *, in_section: bool) -> list[str]:
    """One line of a docstring; the arguments of a section are items of a list."""
    if not in_section:
        return [line]
    if line in SECTIONS:
        return [f"**{line.removesuffix(':')}**", ""]
    if found := ARGUMENT.match(line):
        return [f"- `{found['name']}`: {found['text']}"]
    return [f"  {line.strip()}" if line.strip() else ""]


def _without_empty_end(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines
