"""`longpole replay ID -- python app.py`: a program runs against what an execution was given; the two are compared."""

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TextIO

import msgspec
import typer
from msgspec import Struct
from rich.console import Group

from longpole import settings
from longpole.cli.draw import console, error_console, print_json
from longpole.cli.draw_compare import draw_comparison
from longpole.cli.draw_replay import draw_outcome, draw_pair
from longpole.cli.exit_codes import ExitCode
from longpole.cli.options import Data, Url, Workspace, as_pairs, open_answers
from longpole.cli.record import recording_environment
from longpole.cli.run import found_program, given_program, not_executable, recorded_environment
from longpole.client.answers import Answers
from longpole.model.errors import InvalidInput, LongpoleError
from longpole.model.status import OPEN_STATUSES
from longpole.replay.plan import Missing, Outcome, Plan, recover, resume_from
from longpole.replay.recorded import RecordedExecution
from longpole.replay.recordings import make_recording
from longpole.replay.start import PLAN, REPORT
from longpole.reports.compare_views import Comparison
from longpole.reports.comparison import COMPARE
from longpole.reports.now_parallel import now_parallel
from longpole.reports.path_views import WhatIf
from longpole.reports.recording import RECORDING
from longpole.reports.what_if import WHAT_IF

ENVIRONMENT = "replay"
"""The environment of replayed executions, so that statistics can leave them out."""

ResumeFrom = Annotated[
    str | None,
    typer.Option(
        "--resume-from", metavar="STEP", help="What is before this step is given back at once; the rest is made anew."
    ),
]
Recover = Annotated[
    bool,
    typer.Option("--recover", help="What succeeded before the failure is given back at once; the rest is made anew."),
]
ReportAsJson = Annotated[
    bool, typer.Option("--json", help="Print what came of it as JSON instead; what the program prints goes to stderr.")
]

_PATIENCE_S = 30.0
_OPEN = {status.value for status in OPEN_STATUSES}


class Pair(Struct, frozen=True, kw_only=True):
    """The replayed execution beside the recorded one, and what the simulation of the same change had said, if any."""

    execution_id: str
    comparison: Comparison
    predicted: WhatIf | None


class ReplayReport(Struct, frozen=True, kw_only=True):
    """What came of a replay; `exit_code` is the program's. `pair` is null where the run is not on the server."""

    exit_code: int
    outcome: Outcome
    pair: Pair | None


def replay_command(
    context: typer.Context,
    execution: Annotated[
        str, typer.Argument(metavar="ID", help="An execution id, the beginning or end of one, or a trace id.")
    ],
    speed: Annotated[
        str, typer.Option(metavar="1|0|2x", help="1: results take as long as recorded; 2x: half of that; 0: no time.")
    ] = "1",
    missing: Annotated[
        str,
        typer.Option(
            metavar="fail|pass|stub", help="A call that was not recorded: fails, is made, or gets the nearest result."
        ),
    ] = "fail",
    resume: ResumeFrom = None,
    is_recovery: Recover = False,
    workspace: Workspace = None,
    url: Url = None,
    data: Data = None,
    as_json: ReportAsJson = False,
) -> None:
    """Run a program against what an execution was given, and compare the two: longpole replay ID -- python app.py"""
    command = given_program(context.args, "longpole replay ID")
    with open_answers(url, data) as answers:
        recorded = answers.ask_about(execution, RECORDING, workspace=workspace)
    plan = _plan(recorded, read_wait(speed), _missing(missing), resume, is_recovery=is_recovery)
    with TemporaryDirectory(prefix="longpole-replay-") as folder:
        (Path(folder) / PLAN).write_bytes(msgspec.json.encode(plan))
        environment = recorded_environment(command, settings.load(url=url, data_folder=data))
        environment |= recording_environment() | {"LONGPOLE_REPLAY": folder}
        if plan.from_ is None:  # what goes on where it failed is the real thing
            environment["LONGPOLE_ENVIRONMENT"] = ENVIRONMENT
        code = _run(command, environment, out=sys.stderr if as_json else None)
        outcome = _outcome(Path(folder))
    if outcome is None:
        error_console().print(
            "The program did not run against the recording: its Python has no Longpole, or it ended by force. Expected "
            "a Python program with the package longpole installed. Check the command after '--'.",
            style="bold red",
            soft_wrap=True,
        )
        raise typer.Exit(code or ExitCode.FAILED)
    pair = _pair(recorded, plan, outcome, url, data) if outcome.traces else None
    if as_json:
        print_json(ReplayReport(exit_code=code, outcome=outcome, pair=pair))
    else:
        console().print(Group("", draw_outcome(plan, outcome)))
        _print_pair(recorded, plan, outcome, pair)
    has_diverged = bool(outcome.divergences) and plan.missing == "fail"
    raise typer.Exit(code or (ExitCode.FAILED if has_diverged else ExitCode.DONE))


def read_wait(text: str) -> float:
    """What recorded durations are multiplied with: `2x` is twice as fast, `0` takes no time.

    >>> read_wait("1"), read_wait("2x"), read_wait("0")
    (1.0, 0.5, 0.0)
    """
    try:
        speed = float(text.strip().lower().removesuffix("x"))
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= 1e6:
        raise InvalidInput(f"--speed is {text!r}. Expected 1, 0 or a factor like 2x. Change it.")
    return 1 / speed if speed else 0.0


def _missing(text: str) -> Missing:
    try:
        return msgspec.convert(text, Missing)
    except msgspec.ValidationError:
        raise InvalidInput(f"--missing is {text!r}. Expected fail, pass or stub. Change it.") from None


def _plan(recorded: RecordedExecution, wait: float, missing: Missing, resume: str | None, *, is_recovery: bool) -> Plan:
    if resume is not None and is_recovery:
        raise InvalidInput("Both --resume-from and --recover are given. Expected one of them. Leave the other out.")
    if resume is not None:
        return resume_from(recorded, resume)
    if is_recovery:
        return recover(recorded)
    return Plan(recording=make_recording(recorded), wait=wait, missing=missing)


def _run(command: list[str], environment: dict[str, str], out: TextIO | None = None) -> int:
    """The program's exit code; Ctrl+C is its own to handle. What it prints goes to `out`, if that is given."""
    found_program(command, environment)
    try:
        process = subprocess.Popen(command, env=environment, stdout=out)
    except OSError as error:
        raise not_executable(command, error) from None
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def _outcome(folder: Path) -> Outcome | None:
    """What came of it in all processes of the program together; nothing if none ran against the recording."""
    found = [msgspec.json.decode(file.read_bytes(), type=Outcome) for file in sorted(folder.glob(f"{REPORT}-*.json"))]
    if not found:
        return None
    asked = [set(one.never_asked) for one in found]
    return Outcome(
        traces=[trace for one in found for trace in one.traces],
        served=sum(one.served for one in found),
        live=sum(one.live for one in found),
        stubbed=sum(one.stubbed for one in found),
        redacted=sum(one.redacted for one in found),
        divergences=[each for one in found for each in one.divergences],
        divergences_left_out=sum(one.divergences_left_out for one in found),
        never_asked=[name for name in found[0].never_asked if all(name in names for names in asked)],
    )


def _pair(recorded: RecordedExecution, plan: Plan, outcome: Outcome, url: str | None, data: str | None) -> Pair | None:
    """The replayed execution beside the recorded one; nothing if it has not arrived within half a minute."""
    replayed, end = None, time.monotonic() + _PATIENCE_S
    try:
        with open_answers(url, data) as answers:
            while replayed is None and time.monotonic() < end:
                replayed = _ended(answers, outcome.traces[0], recorded.workspace)
                time.sleep(0.0 if replayed else 0.1)
            if replayed is not None:
                return _asked(answers, recorded, replayed, plan)
    except LongpoleError as error:
        error_console().print(str(error), style="yellow", soft_wrap=True)
    return None


def _ended(answers: Answers, trace: str, workspace: str) -> str | None:
    """The id of the execution that ran, once it has ended and was analysed."""
    try:
        found = answers.execution(trace, workspace=workspace).execution
    except LongpoleError:
        return None
    return None if found.status in _OPEN or not found.is_settled else found.execution_id


def _asked(answers: Answers, recorded: RecordedExecution, replayed: str, plan: Plan) -> Pair:
    scope = as_pairs(workspace=recorded.workspace)
    found = answers.ask(COMPARE, [*as_pairs(a=recorded.execution_id, b=replayed), *scope])
    predicted = None
    groups = now_parallel(found.pairs)
    if groups and plan.wait == 1:
        asked = as_pairs(parallel=[",".join(names) for names in groups])
        predicted = answers.ask_about(recorded.execution_id, WHAT_IF, asked, workspace=recorded.workspace)
    return Pair(execution_id=replayed, comparison=found, predicted=predicted)


def _print_pair(recorded: RecordedExecution, plan: Plan, outcome: Outcome, pair: Pair | None) -> None:
    screen = console()
    if not outcome.traces:
        screen.print("No execution was recorded: the program called no agent or step.", soft_wrap=True)
        return
    if pair is None:
        screen.print(
            f"The run is not on the server yet. Compare them later: longpole compare {recorded.execution_id} "
            f"{outcome.traces[0]}",
            soft_wrap=True,
        )
        return
    if plan.wait == 1:
        screen.print(draw_pair(pair.comparison, pair.predicted))
    screen.print(draw_comparison(pair.comparison, show_all=False))
    screen.print(f"longpole compare {recorded.execution_id} {pair.execution_id}", style="dim", soft_wrap=True)
