"""`longpole bench`: named operations against their targets."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext, redirect_stdout
from importlib.metadata import version
from pathlib import Path
from threading import Timer
from typing import Annotated, Self

import msgspec
import typer
from msgspec import Struct
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from longpole.cli.draw import console, error_console, print_json
from longpole.cli.draw_bench import draw_bench
from longpole.cli.exit_codes import ExitCode
from longpole.model.clock import now_ns, to_rfc3339
from longpole.model.errors import InvalidInput
from longpole.testing.baseline import Environment, environment_here, save_baseline
from longpole.testing.measure import OperationOutcome, measure_operation
from longpole.testing.targets import Target, load_targets

PROGRESS_AFTER_S = 2.0


class BenchReport(Struct, frozen=True, kw_only=True):
    """What `longpole bench` writes as JSON: a baseline (`testing.baseline`) and more. Durations are nanoseconds."""

    targets: str
    started_at: str
    longpole: str
    environment: Environment
    passed: bool
    operations: list[OperationOutcome]


def bench_command(
    targets: Annotated[Path, typer.Argument(metavar="TARGETS", help="The targets file, such as targets.yaml.")],
    only: Annotated[list[str] | None, typer.Option("--only", help="Run only this operation; may be repeated.")] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Rounds of every operation, instead of the file's.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Also write all figures to a JSON file, or into a folder."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as JSON instead of a table.")] = False,
) -> None:
    """Run named operations and compare what they take with their targets; exits with 1 if one is missed."""
    chosen = _chosen(load_targets(targets), only or [], rounds)
    started_at = to_rfc3339(now_ns())
    # What the operations print must not stand in the middle of the JSON.
    with redirect_stdout(sys.stderr) if as_json else nullcontext(), _Progress(chosen) as progress:
        outcomes = [measure_operation(each, targets.parent, progress.advance) for each in progress.each(chosen)]
    report = BenchReport(
        targets=str(targets),
        started_at=started_at,
        longpole=version("longpole"),
        environment=environment_here(),
        passed=all(_has_passed(outcome) for outcome in outcomes),
        operations=outcomes,
    )
    if output is not None:
        save_baseline(output, report, started_at=started_at, option="--output")
    if as_json:
        print_json(report)
    else:
        console().print(draw_bench(outcomes))
    if not report.passed:
        raise typer.Exit(ExitCode.FAILED)


def _chosen(targets: list[Target], only: list[str], rounds: int | None) -> list[Target]:
    names = [target.name for target in targets]
    for name in only:
        if name not in names:
            raise InvalidInput(
                f"--only names `{name}`, which the targets file does not have. Expected: {', '.join(names)}. "
                "Correct the name."
            )
    chosen = [target for target in targets if not only or target.name in only]
    return chosen if rounds is None else [msgspec.structs.replace(target, rounds=rounds) for target in chosen]


def _has_passed(outcome: OperationOutcome) -> bool:
    return all(each.status in ("passed", "measured") for each in (outcome, *outcome.inside))


class _Progress:
    """A bar on stderr that appears when it takes longer than two seconds, and goes when it is over."""

    def __init__(self, targets: list[Target]) -> None:
        screen = error_console()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=screen,
            transient=True,
            disable=not screen.is_terminal,
            redirect_stdout=console().is_terminal,  # what the operations print into a file stays there
        )
        self._task = self._bar.add_task("", total=sum(target.warmup + target.rounds for target in targets))
        self._timer = Timer(PROGRESS_AFTER_S, self._bar.start)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        self._bar.stop()

    def each(self, targets: list[Target]) -> Iterator[Target]:
        """The targets, one after the other, each shown while it runs."""
        done = 0
        for target in targets:
            self._bar.update(self._task, description=target.name, completed=done)
            yield target
            done += target.warmup + target.rounds  # a failed operation may have made fewer

    def advance(self) -> None:
        """One more round is over."""
        self._bar.advance(self._task)
