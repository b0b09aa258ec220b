"""A command imports what it needs, not what the other fifty do."""

import re
import subprocess
import sys
from pathlib import Path

import typer

from longpole.cli.commands import app
from longpole.cli.on_demand import PANELS

CLI = Path(__file__).resolve().parents[3] / "src" / "longpole" / "cli"
SEEN = """
import sys
from longpole.cli.main import main
sys.argv = ["longpole", "--version"]
try:
    main()
finally:
    print(*(name for name in sys.modules if name.startswith("longpole.")))
"""


def test_what_says_its_version_has_imported_no_command() -> None:
    said = subprocess.run([sys.executable, "-c", SEEN], capture_output=True, text=True, check=True).stdout
    modules = said.split()
    assert "longpole.cli.on_demand" in modules
    assert not {"longpole.cli.serve", "longpole.cli.list", "longpole.client.answers"} & set(modules)


def test_every_command_of_a_module_has_its_place_in_the_help() -> None:
    command = typer.main.get_command(app)
    named = [name for names in PANELS.values() for name in names]
    assert sorted(named) == sorted(set(named))
    assert [*command.commands] == named  # pyright: ignore
    for name, one in command.commands.items():  # pyright: ignore
        assert one.name == name
        assert one.help, name
    for file in CLI.glob("*.py"):
        text = file.read_text()
        if "_app = typer.Typer(" not in text:  # below a group it is the group's
            for function in re.findall(r"^def (\w+)_command\(", text, re.MULTILINE):
                assert function.replace("_", "-") in named, file.name
