"""Imports go downwards only."""

import subprocess
import sys
import tomllib
from pathlib import Path

from house.checkout import ROOT, SOURCE


def test_no_import_goes_upwards():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_package_that_runs_inside_agents_is_under_the_second_contract():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contract = next(c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "forbidden")
    inside_agents = {"model", "settings", "wire", "record", "ship", "replay", "remedies"}
    existing = {name for name in inside_agents if any(SOURCE.glob(f"{name}.py")) or any(SOURCE.glob(f"{name}/*.py"))}
    assert set(contract["source_modules"]) == {f"longpole.{name}" for name in existing}


def test_the_base_package_loads_without_server_packages():
    program = (
        "import sys, longpole; "
        "heavy = {'litestar', 'uvicorn', 'duckdb', 'google', 'opentelemetry', 'typer', 'rich', 'arro3', 'yaml'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
