"""Run the examples of frameworks, each in an environment of its own, and compare what is shown with what was served.

    make frameworks                            all of them
    make frameworks FRAMEWORKS="crewai celery" these only
    make frameworks FRAMEWORKS="--upgrade"     with the newest versions, which are then the pinned ones

An environment is made once, in `.frameworks` (git ignores it), of the example's `requirements.lock`: 1.1 GB for all,
0.8 of them CrewAI's. The programs run without a network; the model provider is a stand-in on loopback.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from setup import PYTHON, ROOT, SetupError, fingerprint, is_stamped, run, say, write_stamp

EXAMPLES = ROOT / "examples" / "frameworks"
ENVIRONMENTS = ROOT / ".frameworks"
UV = str(PYTHON.with_name("uv"))


def names() -> list[str]:
    """The frameworks that have an example."""
    return sorted(folder.name for folder in EXAMPLES.iterdir() if (folder / "requirements.txt").exists())


def pin(framework: str) -> None:
    """Write the lock file again, with the newest versions that `requirements.txt` allows."""
    folder = EXAMPLES / framework
    options = ["--python-version", "3.11", "--upgrade", "--quiet"]
    options += ["--no-emit-index-url", "--no-annotate", "--no-header"]
    wanted, locked = str(folder / "requirements.txt"), str(folder / "requirements.lock")
    run([UV, "pip", "compile", wanted, *options, "-o", locked])


def make_environment(framework: str) -> Path:
    """The Python of an environment with exactly the locked packages, and this Longpole; made if it is not there yet."""
    folder, lock = ENVIRONMENTS / framework, EXAMPLES / framework / "requirements.lock"
    python, stamp, mark = folder / "bin" / "python", folder / "stamp", fingerprint([lock])
    if not (is_stamped(stamp, mark) and python.exists()):
        say(f"installing {framework} into {folder.relative_to(ROOT)}")
        install = [UV, "pip", "install", "--quiet", "--python", str(python)]
        run([UV, "venv", "--quiet", "--clear", "--python", str(PYTHON), str(folder)])
        run([*install, "-r", str(lock)])
        run([*install, "--no-deps", "-e", str(ROOT)])
        write_stamp(stamp, mark)
    return python


def main() -> int:
    """Make the environments and run the tests in them; 0 when all is shown as it was served."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frameworks", nargs="*", metavar="NAME", help=f"default: {', '.join(names())}")
    parser.add_argument("--upgrade", action="store_true", help="pin the newest versions first")
    given = parser.parse_args()
    chosen: list[str] = given.frameworks or names()
    if unknown := set(chosen) - set(names()):
        parser.error(f"no example of {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    try:
        for framework in chosen if given.upgrade else ():
            pin(framework)
        pythons = {framework: make_environment(framework) for framework in chosen}
    except SetupError as error:
        say(f"stopped. {error}")
        return 1
    options = [f"--framework={framework}={python}" for framework, python in pythons.items()]
    tests = str(ROOT / "tests" / "frameworks")
    return subprocess.run([PYTHON, "-m", "pytest", "-q", "-n0", tests, *options], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
