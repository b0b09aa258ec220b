"""The exit codes of the command line; `docs/reference/cli.md` lists them."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended. `longpole run` ends with the code of the program that it ran."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    NO_ANSWERS = 3
    NOT_EXECUTABLE = 126
    NOT_FOUND = 127
