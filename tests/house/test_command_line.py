"""What every command promises: JSON for programs, and exit codes that the reference tells."""

import ast
import inspect
from pathlib import Path
from typing import Any

from generated_pages import cli_page
from house.checkout import ROOT
from longpole.cli.exit_codes import MEANINGS, OF_COMMANDS, ExitCode

WITHOUT_JSON = {
    "longpole completion": "it prints a script for a shell",
    "longpole export": "it writes a file in the format that was chosen, JSON among them",
    "longpole mcp": "it speaks JSON-RPC already",
    "longpole record": "the output is that of the program that it runs",
    "longpole run": "the output is that of the program that it runs",
    "longpole serve": "it answers over HTTP",
}
"""Commands without `--json`, and why."""


def source_of(command: Any) -> Path:
    """The file in which a command is written."""
    return Path(inspect.getfile(inspect.unwrap(command.callback)))


def gives_codes(file: Path) -> bool:
    """Whether a file raises `typer.Exit` with a code of its own."""
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func) == "typer.Exit" and node.args
        for node in ast.walk(ast.parse(file.read_text()))
    )


def test_every_command_that_prints_an_answer_has_json():
    without = {
        name
        for name, command in cli_page.commands()
        if not any("--json" in parameter.opts for parameter in command.params)
    }
    assert without == set(WITHOUT_JSON)


def test_a_command_with_exit_codes_of_its_own_says_what_they_mean():
    files: dict[Path, list[str]] = {}
    for name, command in cli_page.commands():
        files.setdefault(source_of(command), []).append(name)
    untold = {
        ", ".join(names)
        for file, names in files.items()
        if gives_codes(file) and not any(name in OF_COMMANDS for name in names)
    }
    assert untold == set()
    assert set(OF_COMMANDS) <= {name for name, _ in cli_page.commands()}
    assert set(MEANINGS) == set(ExitCode)


def test_the_reference_tells_the_exit_codes_of_every_command():
    page = (ROOT / "docs" / "reference" / "cli.md").read_text()
    sections = dict(part.split("\n", 1) for part in page.split("\n## longpole ")[1:])
    assert [name for name, text in sections.items() if "\nExit codes: 0" not in text] == []
