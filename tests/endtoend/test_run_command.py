"""`longpole run` with real processes."""

import subprocess
import sys
from pathlib import Path

from longpole.settings import child_environment

LONGPOLE = Path(sys.executable).with_name("longpole")
SCRIPT = (
    "import os, sys; print(os.environ['OTEL_SERVICE_NAME'], os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']); sys.exit(7)"
)


def test_the_program_gets_the_environment_and_its_exit_code_comes_back(tmp_path: Path) -> None:
    (tmp_path / "my_agent.py").write_text(SCRIPT)
    done = subprocess.run(
        [LONGPOLE, "run", "--url", "http://127.0.0.1:1", "--", sys.executable, "my_agent.py"],
        cwd=tmp_path,
        env=child_environment({"LONGPOLE_DATA_FOLDER": str(tmp_path)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 7
    assert done.stdout == "my_agent http://127.0.0.1:1\n"
    assert done.stderr.startswith("No Longpole server answers at http://127.0.0.1:1: the program runs all the same.")
    assert "Traceback" not in done.stderr
