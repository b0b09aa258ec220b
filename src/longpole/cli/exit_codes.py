"""The exit codes of the command line; `docs/reference/cli.md` lists them."""

from collections.abc import Mapping
from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended. `longpole run` ends with the code of the program that it ran."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    NO_ANSWERS = 3
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127


MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done, and answered",
    ExitCode.FAILED: "it failed; the message says why",
    ExitCode.WRONG_USE: "an option, an argument or a setting is wrong, or none of that name exists",
    ExitCode.NO_ANSWERS: "nobody to ask: no server answers, it refuses the key, or another process holds the store",
    ExitCode.NOT_EXECUTABLE: "the program could not be run",
    ExitCode.NOT_FOUND: "there is no such program",
}
"""What each code means, of every command that says nothing else."""

_OF_PROGRAM: Mapping[int, str] = {
    ExitCode.NOT_EXECUTABLE: MEANINGS[ExitCode.NOT_EXECUTABLE],
    ExitCode.NOT_FOUND: MEANINGS[ExitCode.NOT_FOUND],
}

OF_COMMANDS: Mapping[str, Mapping[int, str]] = {
    "longpole audit": {1: "there are findings"},
    "longpole bench": {1: "a target is missed"},
    "longpole ci compare": {1: "something got slower or costlier for certain"},
    "longpole coverage": {1: "there is a gap, or an operation without times", 2: "no such execution, or wrong use"},
    "longpole deadletter retry": {1: "one has failed again"},
    "longpole doctor": {0: "all is well", 1: "there is a warning", 2: "something has failed, or wrong use"},
    "longpole import": {1: "a file or a record of it could not be read"},
    "longpole record": _OF_PROGRAM,
    "longpole replay": {1: "the program asked for what was not recorded, or did not run against it", **_OF_PROGRAM},
    "longpole run": _OF_PROGRAM,
    "longpole store delete": {1: "it was not confirmed, or failed"},
    "longpole webhooks test": {1: "it was not taken"},
}
"""Where a code means more: by command. `run`, `record` and `replay` end with the program's own code otherwise."""


def codes_of(command: str, *, asks: bool) -> dict[int, str]:
    """The exit codes of a command with their meanings.

    Args:
        command: its whole name.
        asks: whether it asks a server or a store.
    """
    usual = (ExitCode.DONE, ExitCode.FAILED, ExitCode.WRONG_USE, *((ExitCode.NO_ANSWERS,) if asks else ()))
    found = {int(code): MEANINGS[code] for code in usual} | {
        int(code): text for code, text in OF_COMMANDS.get(command, {}).items()
    }
    return dict(sorted(found.items()))
