"""Record what the SDK of this version sends, for good: `tests/sdk_bodies/VERSION/bodies.jsonl`.

Once for each release; servers must take these bodies from then on, see `docs/reference/compatibility.md`.
What was recorded is never recorded again; the program refuses a version that is there.
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version

from record_example import OWN_SETTINGS, ROOT, Listener

FOLDER = ROOT / "tests" / "sdk_bodies"
PROGRAM = FOLDER / "program.py"
VANISHED = 9


def run(deed: str) -> list[tuple[str, str]]:
    """What the program sent while it did this: the signal's name and the body as text, in order."""
    listener = Listener(is_longpole=True)
    with tempfile.TemporaryDirectory() as folder:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_SETTINGS)}
        done = subprocess.run(
            [sys.executable, str(PROGRAM), listener.url, deed], env=kept | {"LONGPOLE_DATA_FOLDER": folder}, cwd=folder
        )
    if done.returncode != (VANISHED if deed == "vanish" else 0):
        sys.exit(f"record_sdk_bodies: the program ended with code {done.returncode} when told to {deed}")
    return listener.bodies


def main() -> None:
    """Write the bodies of this version."""
    file = FOLDER / version("longpole") / "bodies.jsonl"
    if file.exists():
        sys.exit(f"record_sdk_bodies: {file.relative_to(ROOT)} is there, and stays as it is; raise the version first")
    bodies = [(signal, body.replace(f"{ROOT}/", "")) for deed in ("tell", "vanish") for signal, body in run(deed)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "".join(json.dumps({"path": f"/v1/{signal}", "body": json.loads(body)}) + "\n" for signal, body in bodies)
    )
    print(f"record_sdk_bodies: {file.relative_to(ROOT)} holds {len(bodies)} bodies, {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
