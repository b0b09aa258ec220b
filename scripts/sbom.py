"""Write what Longpole is made of as CycloneDX (`make sbom`): `dist/longpole.cdx.json` for what its extras install, with
licences and who needs whom, and `dist/longpole-dashboard.cdx.json` for the npm packages in the dashboard.

The Python packages are installed into an environment of their own, at the versions of `requirements.lock`: that of the
checkout has development tools in it. npm's list comes from `web/package-lock.json`. Both are the same bytes each time.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
DIST = ROOT / "dist"
LOCK = ROOT / "requirements.lock"
SPEC_VERSION = "1.6"
OF_THE_MOMENT = ("serialNumber", "timestamp")
"""Fields that differ each time, of the document and of its metadata."""


def run(*command: str | Path, folder: Path = ROOT) -> str:
    """What a command prints.

    Raises:
        SystemExit: it failed; its output is shown.
    """
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(
            f"sbom: `{' '.join(map(str, command))}` ended with code {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done.stdout


def python_document() -> dict[str, Any]:
    """Longpole with all its extras, as cyclonedx-py sees it installed."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    with tempfile.TemporaryDirectory(prefix="longpole-sbom-") as folder:
        inside = Path(folder) / "env" / "bin" / "python"
        run(BIN / "uv", "venv", "--quiet", "--python", sys.executable, Path(folder) / "env")
        # Not editable: that would name the place of this checkout.
        wanted = f"{ROOT}[{','.join(extras)}]"
        run(BIN / "uv", "pip", "install", "--quiet", "--python", inside, "-c", LOCK, wanted)
        told = run(
            BIN / "cyclonedx-py", "environment", "--spec-version", SPEC_VERSION, "--output-reproducible",
            "--pyproject", ROOT / "pyproject.toml", "--mc-type", "application", inside,
        )  # fmt: skip
    document = json.loads(told)
    return without_places(document)


def without_places(document: dict[str, Any]) -> dict[str, Any]:
    """The document without Longpole as a part of itself, and without addresses of this machine and its registry."""
    kept = [part for part in document["components"] if part["name"] != "longpole"]
    for part in kept:
        references = part.get("externalReferences", [])
        part["externalReferences"] = [one for one in references if one["type"] != "distribution"]
    return document | {"components": kept}


def dashboard_document() -> dict[str, Any]:
    """The npm packages of the dashboard, as npm lists them."""
    command = (
        "sbom",
        "--sbom-format",
        "cyclonedx",
        "--sbom-type",
        "application",
        "--omit",
        "dev",
        "--package-lock-only",
    )
    return json.loads(run(BIN / "npm", *command, folder=ROOT / "web"))


def write(name: str, document: dict[str, Any]) -> None:
    """Write one file into `dist/`, without what differs each time."""
    for fields in (document, document["metadata"]):
        for field in OF_THE_MOMENT:
            fields.pop(field, None)
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    if found := re.search(re.escape(str(ROOT)) + r"|file://[^\"]*", text):
        sys.exit(f"sbom: {name} names a place of this machine: {found[0]}")
    DIST.mkdir(exist_ok=True)
    (DIST / name).write_text(text)
    parts = document["components"]
    print(f"sbom: dist/{name}: CycloneDX {document['specVersion']}, {len(parts)} components")


def main() -> None:
    """Write both."""
    write("longpole.cdx.json", python_document())
    write("longpole-dashboard.cdx.json", dashboard_document())


if __name__ == "__main__":
    main()
