"""`longpole audit`: what in the code makes an agent slow, without running it."""

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from threading import Timer
from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from longpole.audit import AuditResult, Selection, audit_paths, load_selection
from longpole.audit.baseline import without_known, write_baseline
from longpole.audit.fix import FixedFile, fix_findings
from longpole.audit.output import as_github, as_json, as_sarif
from longpole.audit.rules import RULES
from longpole.cli.audit_measured import print_measured, print_verification
from longpole.cli.draw import console, error_console
from longpole.cli.draw_audit import draw_audit, draw_diffs, draw_statistics
from longpole.cli.exit_codes import ExitCode
from longpole.cli.options import Agent, AsJson, Data, Url, Workspace
from longpole.model.errors import InvalidInput
from longpole.model.finding import Confidence
from longpole.reports.numbers import counted

PROGRESS_AFTER_S = 2.0


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


Paths = Annotated[
    list[Path] | None, typer.Argument(metavar="[PATH]...", help="Files and folders; the current folder by default.")
]
Codes = list[str] | None
Select = Annotated[Codes, typer.Option(help="Only these rules: LP001,LP002 or a beginning such as LP00.")]
ExtendSelect = Annotated[Codes, typer.Option(help="These rules besides those of pyproject.toml.")]
Ignore = Annotated[Codes, typer.Option(help="Not these rules.")]
MinConfidence = Annotated[Confidence | None, typer.Option(help="The least confidence that is told. Default: medium.")]
OutputFormat = Annotated[Format, typer.Option("--format", help="How findings are printed.")]
Baseline = Annotated[Path | None, typer.Option(help="Tell only what is not in this file.", dir_okay=False, exists=True)]
WriteBaseline = Annotated[
    Path | None, typer.Option("--write-baseline", help="Write what is found to this file, as known.", dir_okay=False)
]
Fix = Annotated[bool, typer.Option("--fix", help="Show as a diff what can be mended; with --write, mend it.")]
Write = Annotated[bool, typer.Option("--write", help="With --fix: change the files.")]
Explain = Annotated[str | None, typer.Option(metavar="RULE", help="The page about one rule; needs no path.")]
Statistics = Annotated[bool, typer.Option("--statistics", help="Only how many findings of each rule.")]
Measured = Annotated[
    bool, typer.Option("--measured", help="Post the findings, and print what they cost in recorded executions.")
]
Program = Annotated[str | None, typer.Option(help="With --measured: what is audited. Default: the folder's name.")]
Verify = Annotated[
    tuple[str, str] | None,
    typer.Option(
        metavar="BEFORE AFTER", help="Figures of --agent before and after: two versions, or two periods FROM..TO."
    ),
]
NoRuff = Annotated[bool, typer.Option("--no-ruff", help="Do not ask ruff.")]


def audit_command(
    paths: Paths = None,
    *,
    select: Select = None,
    extend_select: ExtendSelect = None,
    ignore: Ignore = None,
    min_confidence: MinConfidence = None,
    output_format: OutputFormat = Format.TEXT,
    baseline: Baseline = None,
    write_baseline_to: WriteBaseline = None,
    fix: Fix = False,
    write: Write = False,
    explain: Explain = None,
    statistics: Statistics = False,
    no_ruff: NoRuff = False,
    measured: Measured = False,
    program: Program = None,
    verify: Verify = None,
    agent: Agent = None,
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    print_json: AsJson = False,
) -> None:
    """Find in the code what makes agents slow: awaits in sequence, a blocked event loop, writes per item.

    Nothing is run. Exits 0 if nothing was found, 1 if something was, 2 if it was asked wrongly.
    """
    if explain is not None:
        _explain(explain)
        return
    door = {"agent": agent, "workspace": workspace, "url": url, "data": data}
    if verify is not None:
        print_verification(*verify, **door, as_json=print_json)
        return
    given = paths or [Path()]
    selection = load_selection(
        given[0],
        select=_codes(select),
        extend_select=_codes(extend_select),
        ignore=_codes(ignore),
        min_confidence=min_confidence,
        ruff=False if no_ruff else None,
    )
    result = run_audit(given, selection)
    if measured:
        print_measured(result, selection, given, program=program, **door, as_json=print_json)
        return
    if write_baseline_to is not None:
        write_baseline(write_baseline_to, result.findings)
        error_console().print(f"{counted(len(result.findings), 'finding')} written to {write_baseline_to} as known.")
        return
    if baseline is not None:
        result = _without_known(result, baseline)
    if fix:
        result = _fix(result, is_written=write, given=given, selection=selection, baseline=baseline)
    if not fix or write:
        _print(result, output_format, is_short=statistics)
    if result.findings:
        raise typer.Exit(ExitCode.FAILED)


def run_audit(paths: Sequence[Path], selection: Selection) -> AuditResult:
    """Audit, with a bar on stderr where it takes longer than two seconds; says on stderr what did not take part."""
    with _progress() as bar:
        task = bar.add_task("auditing", total=None)
        result = audit_paths(
            paths, selection=selection, on_progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    if result.ruff is not None:
        error_console().print(result.ruff, style="yellow", soft_wrap=True)
    return result


def _without_known(result: AuditResult, baseline: Path) -> AuditResult:
    fresh, gone = without_known(result, baseline)
    if gone:
        error_console().print(
            f"{counted(gone, 'known finding')} of {baseline} no longer there: write it anew.", style="dim"
        )
    return fresh


def _fix(
    result: AuditResult, *, is_written: bool, given: Sequence[Path], selection: Selection, baseline: Path | None
) -> AuditResult:
    """Show or write what can be mended; what is left, where it was written."""
    files = fix_findings(Path(result.root), result.findings)
    mended = sum(one.mended for one in files)
    if not is_written:
        _show_diffs(files)
        error_console().print(f"{counted(mended, 'finding')} can be mended: --fix --write does it.", style="dim")
        return result
    for one in files:
        with (Path(result.root) / one.path).open("w", encoding="utf-8", newline="") as file:
            file.write(one.after)
    error_console().print(f"{counted(mended, 'finding')} mended in {counted(len(files), 'file')}.")
    left = run_audit(given, selection)
    return left if baseline is None else _without_known(left, baseline)


def _show_diffs(files: Sequence[FixedFile]) -> None:
    screen = console()
    if not screen.is_terminal:
        for one in files:
            sys.stdout.write(one.diff())
        return
    for part in draw_diffs(files):
        screen.print(part)


def _print(result: AuditResult, output_format: Format, *, is_short: bool) -> None:
    if output_format is Format.TEXT:
        console().print(draw_statistics(result) if is_short else draw_audit(result, Path.cwd()))
        return
    if output_format is Format.JSON:
        text = as_json(result)
    else:
        text = as_sarif(result) if output_format is Format.SARIF else as_github(result, Path.cwd())
    if text:
        typer.echo(text)


def _explain(code: str) -> None:
    known = {rule.slug: rule for rule in RULES.values()} | RULES
    rule = known.get(code.upper()) or known.get(code.lower())
    if rule is None:
        raise InvalidInput(f"There is no rule {code!r}. Expected one of {', '.join(RULES)}.")
    screen = console()
    if screen.is_terminal:
        screen.print(Markdown(rule.manual, code_theme="ansi_dark"))
    else:
        typer.echo(rule.manual)


def _codes(given: list[str] | None) -> list[str] | None:
    """Codes of an option that may be given several times, each with commas."""
    if given is None:
        return None
    return [code.strip().upper() for text in given for code in text.split(",") if code.strip()]


@contextmanager
def _progress() -> Generator[Progress]:
    """A bar on stderr that appears when it takes longer than two seconds, and goes when it is over."""
    screen = error_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
    timer = Timer(PROGRESS_AFTER_S, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield bar
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
