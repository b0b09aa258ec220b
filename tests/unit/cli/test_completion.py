"""Completion, in a real bash."""

import subprocess
import sys
from pathlib import Path

import pytest

from longpole.settings import child_environment

BINARIES = Path(sys.executable).parent
COMPLETE = """
eval "$(longpole completion bash)"
COMP_WORDS=({words}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
$(complete -p longpole | sed 's/.*-F \\([^ ]*\\) .*/\\1/') longpole
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def bash(script: str) -> list[str]:
    """What a bash without any settings prints, by line."""
    environment = child_environment({"PATH": f"{BINARIES}:/usr/bin:/bin"})
    command = ["bash", "--noprofile", "--norc", "-c", script]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "expected"),
    [("longpole cap", {"capacity"}), ("longpole keys re", {"revoke"}), ("longpole watch --pl", {"--plain"})],
)
def test_bash_completes_commands_groups_and_options(words: str, expected: set[str]) -> None:
    assert set(bash(COMPLETE.format(words=words))) == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_a_script_that_asks_the_command(shell: str) -> None:
    assert f"_LONGPOLE_COMPLETE=complete_{shell}" in "".join(bash(f"longpole completion {shell}"))
