"""Make this checkout ready to run: `.venv` with Longpole in it, and the built dashboard.

Runs on any Python from 3.11 with nothing installed (`make setup`). Every part keeps a stamp of what it was made from,
so that a second run does nothing. Says what it does before it does it, and how to go on where it cannot.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
WEB = ROOT / "web"
BUILT = ROOT / "src" / "longpole" / "server" / "dashboard_files"
STAMPS = VENV / "stamps"
LOCK = ROOT / "requirements.lock"
OLDEST_PYTHON = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_PACKAGES = ("chromium", "fonts-dejavu-core")
REDIS_PACKAGES = ("redis-server",)


class SetupError(Exception):
    """A part could not be made; the message says what to do."""


class OneAtATime(AbstractContextManager["OneAtATime"]):
    """Holds a lock on the checkout, so that two `make` commands do not install into each other."""

    def __enter__(self) -> "OneAtATime":
        self._file = (ROOT / "scripts" / "setup.py").open()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another setup of this checkout is running; waiting for it")
            fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()


def say(what: str) -> None:
    """Print one line of progress at once, also into a pipe."""
    print(f"setup: {what}", flush=True)


def run(command: list[str], *, folder: Path = ROOT, quiet: bool = False) -> None:
    """Run a command with `.venv/bin` first in the path, without a keyboard.

    Raises:
        SetupError: it ended with another code than 0; with `quiet` its output is shown then only.
    """
    env = dict(os.environ, PATH=f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}", VIRTUAL_ENV=str(VENV))
    env.pop("PYTHONHOME", None)
    output = subprocess.PIPE if quiet else None
    done = subprocess.run(
        command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output and subprocess.STDOUT
    )
    if done.returncode != 0:
        if done.stdout:
            sys.stdout.write(done.stdout.decode(errors="replace"))
        raise SetupError(f"`{' '.join(command)}` ended with code {done.returncode} in {folder}; its output is above.")


def fingerprint(paths: Iterable[Path]) -> str:
    """Hash of the place of the checkout and of every file below the given paths, by name and content."""
    digest = hashlib.sha256(str(ROOT).encode())
    for path in sorted(paths):
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def is_stamped(stamp: Path, mark: str) -> bool:
    """Whether the part was last made from exactly these inputs."""
    return stamp.is_file() and stamp.read_text() == mark


def write_stamp(stamp: Path, mark: str) -> None:
    """Remember what the part was made from."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(mark)


def is_root_on_debian() -> bool:
    """Whether missing system packages can be installed from here."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_system(packages: tuple[str, ...]) -> bool:
    """Install Debian packages as root, refreshing the package lists first. False when it failed or is not possible."""
    if not is_root_on_debian():
        return False
    say(f"installing the system packages {' '.join(packages)} with apt-get")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", *packages]):
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if done.returncode != 0 and command[1] == "install":
            return False
    return True


def make_environment() -> None:
    """`.venv` on this Python, with pip in it."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return
    say(f"making .venv with Python {sys.version.split()[0]}")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0:
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not install_system((package,)):
        raise SetupError(
            f"Python {sys.version.split()[0]} could not make a virtual environment: its venv module is incomplete. "
            f"On Debian install it with `sudo apt-get install {package}`, then run this again."
        )
    run(command)


def install_python_packages() -> None:
    """Longpole, editable, with its server, its command line and the development tools, at the locked versions."""
    mark = fingerprint([LOCK, ROOT / "pyproject.toml"])
    if is_stamped(STAMPS / "python", mark) and (VENV / "bin" / "longpole").exists():
        return
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        pinned = next(line.split()[0] for line in LOCK.read_text().splitlines() if line.startswith("uv=="))
        say(f"installing {pinned} into .venv")
        run([str(PYTHON), "-m", "pip", "install", "--quiet", pinned])
    say("installing Longpole and the packages of requirements.lock into .venv")
    install = [str(uv), "pip", "install", "--quiet", "--python", str(PYTHON)]
    run([*install, "-r", str(LOCK)])
    run([*install, "--no-deps", "-e", str(ROOT)])
    write_stamp(STAMPS / "python", mark)


def install_web_packages() -> None:
    """The dashboard's packages, at the versions of `web/package-lock.json`."""
    mark = fingerprint([WEB / "package.json", WEB / "package-lock.json"])
    stamp = WEB / "node_modules" / ".longpole-stamp"
    if is_stamped(stamp, mark):
        return
    say("installing the dashboard's packages into web/node_modules (npm ci)")
    run([str(VENV / "bin" / "npm"), "ci", "--no-audit", "--no-fund"], folder=WEB, quiet=True)
    write_stamp(stamp, mark)


def build_dashboard() -> None:
    """The dashboard, built by Vite into the folder that the server and the wheel take it from."""
    inputs = [path for path in WEB.iterdir() if path.name not in {"node_modules", "test-results", "dist"}]
    mark = fingerprint(inputs)
    if is_stamped(STAMPS / "dashboard", mark) and (BUILT / "index.html").is_file():
        return
    say(f"building the dashboard into {BUILT.relative_to(ROOT)} (vite build)")
    run([str(VENV / "bin" / "npm"), "run", "build"], folder=WEB, quiet=True)
    if not (BUILT / "index.html").is_file():
        raise SetupError(f"The build left no index.html in {BUILT}; look at `outDir` in web/vite.config.ts.")
    write_stamp(STAMPS / "dashboard", mark)


def find_browser() -> None:
    """Chromium, which only the browser tests need: installed where possible, else named."""
    if any(shutil.which(name) for name in BROWSERS) or install_system(BROWSER_PACKAGES):
        return
    say(
        "no Chromium is installed and the browser tests of `make test` need one; everything else works without. "
        f"Install it with `sudo apt-get install {' '.join(BROWSER_PACKAGES)}`."
    )


def find_redis() -> None:
    """A Redis server, which only the tests of its instrumentation need: installed where possible, else named."""
    if shutil.which("redis-server") or install_system(REDIS_PACKAGES):
        return
    say(
        "no redis-server is installed and one test file of `make test` needs it; everything else works without. "
        f"Install it with `sudo apt-get install {' '.join(REDIS_PACKAGES)}`."
    )


def main() -> int:
    """Make every part that is missing or stale; 0 when the checkout is ready."""
    if sys.version_info < OLDEST_PYTHON:
        say(
            f"this is Python {sys.version.split()[0]} and Longpole needs 3.11 or newer; "
            "name one with `make setup PYTHON=/path/to/python3.11`"
        )
        return 1
    started = time.monotonic()
    try:
        with OneAtATime():
            make_environment()
            install_python_packages()
            install_web_packages()
            build_dashboard()
            find_browser()
            find_redis()
    except SetupError as error:
        say(f"stopped. {error}")
        return 1
    say(f"ready in {time.monotonic() - started:.1f} s: .venv/bin/longpole, and the dashboard is built")
    return 0


if __name__ == "__main__":
    sys.exit(main())
