"""The public SDK is a promise: what is exported, that it is documented, and what its import costs."""

import subprocess
import sys

import longpole
from longpole.settings import child_environment

PROMISED = {
    "CurrentExecution", "agent", "configure", "continue_trace", "current_execution", "first_token", "flush",
    "log_event", "set_attributes", "set_usage", "shutdown", "time_step", "timing_step", "traceparent",
    "track_decision", "track_should_respond", "track_stage",
}  # fmt: skip


def test_the_public_names_are_those_that_were_promised() -> None:
    assert set(longpole.__all__) == PROMISED


def test_every_public_name_says_what_one_gets() -> None:
    assert [name for name in longpole.__all__ if not getattr(longpole, name).__doc__] == []


def test_the_import_brings_nothing_of_the_server() -> None:
    program = "import sys, longpole; print(*{name.partition('.')[0] for name in sys.modules})"
    found = subprocess.run(
        [sys.executable, "-c", program], env=child_environment(), capture_output=True, text=True, check=True
    )
    assert not {"asyncio", "litestar", "duckdb", "google", "numpy", "yaml", "inspect_ai"} & set(found.stdout.split())
