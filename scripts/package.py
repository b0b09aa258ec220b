"""Build the wheel and the source archive as for a release, and try what a user would install (`make package`).

Built twice in a network namespace without a route, with the tools of `.venv`: the bytes must be the same, and the
dashboard must be in the wheel. Then each extra is installed by itself, in a clean environment, on every Python that
this machine has, and must do what it is for; that takes packages from the registry and some minutes.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
UV = ROOT / ".venv" / "bin" / "uv"
TRIAL = ROOT / "scripts" / "package_trial.py"
PYTHONS = ("3.11", "3.12", "3.13")
DASHBOARD = ("longpole/server/dashboard_files/index.html", "longpole/server/dashboard_files/licences.txt")
BASE = "base"
MOST_WHEEL_BYTES = 6_000_000


class PackageError(Exception):
    """Something is not as it must be for a release; the message says what."""


def say(what: str) -> None:
    """Print one line of progress at once."""
    print(f"package: {what}", flush=True)


def build(folder: Path) -> dict[str, bytes]:
    """The files of a build by their names: a source archive, and the wheel that is made from it."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    cut_off = ["unshare", "--map-root-user", "--net"]
    can_cut = shutil.which("unshare") and subprocess.run([*cut_off, "true"], capture_output=True).returncode == 0
    done = subprocess.run([*(cut_off if can_cut else []), *command], capture_output=True, text=True)
    if done.returncode != 0:
        raise PackageError(f"`python -m build` ended with code {done.returncode}:\n{done.stdout[-3000:]}{done.stderr}")
    if not can_cut:
        say("this machine cannot make a network namespace: whether the build needs a network was not seen")
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def build_twice() -> Path:
    """The wheel, in `dist/` beside the source archive, after both were made twice with the same bytes."""
    with tempfile.TemporaryDirectory(prefix="longpole-package-") as folder:
        once, again = (build(Path(folder) / name) for name in ("once", "again"))
    if once != again:
        other = sorted(name for name in {*once, *again} if once.get(name) != again.get(name))
        raise PackageError(f"Two builds differ in {', '.join(other)}. Expected the same bytes.")
    DIST.mkdir(exist_ok=True)
    for name, content in once.items():
        (DIST / name).write_bytes(content)
        say(f"dist/{name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}, twice the same")
    return DIST / next(name for name in once if name.endswith(".whl"))


def check_content(wheel: Path) -> list[str]:
    """The extras that the wheel offers, after a look into it."""
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        told = next(packed.read(name).decode() for name in names if name.endswith(".dist-info/METADATA"))
    if missing := set(DASHBOARD) - set(names):
        raise PackageError(
            f"{wheel.name} has no {', '.join(sorted(missing))}. Expected the dashboard: run `make setup`."
        )
    if strange := [name for name in names if not name.startswith("longpole")]:
        raise PackageError(f"{wheel.name} holds {', '.join(strange[:5])}. Expected Longpole alone.")
    if wheel.stat().st_size > MOST_WHEEL_BYTES:
        raise PackageError(f"{wheel.name} has {wheel.stat().st_size:,} bytes, more than {MOST_WHEEL_BYTES:,}.")
    say(f"{wheel.name} holds {len(names)} files, the dashboard among them")
    return re.findall(r"^Provides-Extra: (\S+)$", told, re.MULTILINE)


def find_pythons() -> dict[str, Path]:
    """Those of `PYTHONS` that this machine has: in the path, or of pyenv."""
    found: dict[str, Path] = {}
    for version in PYTHONS:
        places = [
            shutil.which(f"python{version}"),
            *sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python")),
        ]
        for place in filter(None, places):
            asked = subprocess.run([place, "-c", "import venv, ensurepip"], capture_output=True)
            if asked.returncode == 0:
                found[version] = Path(place)
                break
    return found


def try_extra(wheel: Path, extra: str, python: Path, folder: Path) -> str:
    """How many packages the extra brings and how long it took; installed and tried in an environment of its own."""
    began = time.monotonic()
    own = folder / "env"
    wanted = str(wheel) if extra == BASE else f"{wheel}[{extra}]"
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith(("LONGPOLE_", "PYTHON", "VIRTUAL"))
    }
    clean |= {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "PATH": f"{own / 'bin'}:/usr/bin:/bin"}
    # The copy of the trial is all that it sees of this checkout.
    trial = Path(shutil.copy(TRIAL, folder))
    inside = str(own / "bin" / "python")
    commands = [
        [str(UV), "venv", "--quiet", "--python", str(python), str(own)],
        [str(UV), "pip", "install", "--quiet", "--python", inside, wanted],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise PackageError(f"`{' '.join(command)}` ended with code {done.returncode}:\n{done.stderr}")
    done = subprocess.run([inside, "-I", str(trial), extra], env=clean, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise PackageError(f"longpole[{extra}] on {python} does not do what it is for:\n{done.stdout}{done.stderr}")
    listed = subprocess.run([str(UV), "pip", "list", "--quiet", "--python", inside, "--format", "freeze"],
                            capture_output=True, text=True, check=True)  # fmt: skip
    return f"{len(listed.stdout.splitlines())} packages, {done.stdout.strip()}, {time.monotonic() - began:.0f} s"


def try_all(wheel: Path, extras: list[str], versions: tuple[str, ...]) -> None:
    """Every extra on every Python that is here."""
    pythons = find_pythons()
    for version in versions:
        if version not in pythons:
            say(f"Python {version} is not on this machine: nothing was seen on it")
            continue
        for extra in (BASE, *extras):
            with tempfile.TemporaryDirectory(prefix="longpole-trial-") as folder:
                outcome = try_extra(wheel, extra, pythons[version], Path(folder))
            say(f"Python {version}, {extra:10} {outcome}")


def main() -> int:
    """Build and try; 0 when all of it is right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="build and look, install nothing")
    parser.add_argument("--python", choices=PYTHONS, action="append", help="only this version; may be repeated")
    chosen = parser.parse_args()
    try:
        wheel = build_twice()
        extras = check_content(wheel)
        if not chosen.quick:
            try_all(wheel, extras, tuple(chosen.python or PYTHONS))
    except PackageError as error:
        say(f"stopped. {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
