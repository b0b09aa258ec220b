"""`longpole doctor`: what is installed, connected, lost and misconfigured, and the cure of each."""

from collections.abc import Sequence

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from longpole import settings
from longpole.cli.draw import console, print_json
from longpole.cli.options import AsJson, Data, Url
from longpole.client.checkup import Checkup, check_up
from longpole.client.one_check import Check
from longpole.reports.numbers import counted

_SIGNS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "failed": ("✗", "red")}
_PARTS = {"installed": "Installed", "settings": "Settings", "server": "Server", "data": "Data on this machine"}
_CODES = {"ok": 0, "warning": 1, "failed": 2}


def doctor_command(url: Url = None, data: Data = None, as_json: AsJson = False) -> None:
    """Look at everything that can be wrong, and name the cure. Exits 1 with a warning, 2 when something has failed."""
    chosen, errors = settings.examined(url=url, data_folder=data)
    found = check_up(chosen, errors)
    if as_json:
        print_json(found)
    else:
        console().print(draw_checkup(found))
    raise typer.Exit(_CODES[found.level])


def draw_checkup(checkup: Checkup) -> Group:
    """The checks by part, each cure below its check, and a sentence on all of them."""
    parts: list[RenderableType] = []
    for part, heading in _PARTS.items():
        checks = [check for check in checkup.checks if check.part == part]
        if checks:
            parts += [Text(heading, style="bold"), *_checks(checks), Text()]
    return Group(*parts, _sum(checkup))


def _checks(checks: Sequence[Check]) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for check in checks:
        sign, style = _SIGNS[check.level]
        text = Text.assemble((f"{sign} ", style), (f"{check.name}  ", "dim"), check.text)
        text.overflow = "fold"
        lines.append(Padding(text, (0, 0, 0, 2)))
        if check.cure is not None:
            lines.append(Padding(Text(f"→ {check.cure}", style="" if check.level != "ok" else "dim"), (0, 0, 0, 4)))
    return lines


def _sum(checkup: Checkup) -> Text:
    failed = sum(check.level == "failed" for check in checkup.checks)
    warnings = sum(check.level == "warning" for check in checkup.checks)
    if not failed and not warnings:
        return Text("All is well.", style="green")
    told = [f"{counted(failed, 'thing')} failed"] * bool(failed) + [counted(warnings, "warning")] * bool(warnings)
    return Text(f"{', '.join(told)}.", style=_SIGNS[checkup.level][1])
