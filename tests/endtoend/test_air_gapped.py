"""Nothing calls home: the whole demo without a way out, and a dashboard that names no other host."""

import re

from air_gapped import run_inside
from longpole.server import dashboard

URL = re.compile(r"""(?:https?:)?//((?:[a-z0-9-]+\.)+[a-z]{2,})\b""", re.IGNORECASE)
LOADING = re.compile(r"""(?:\bsrc|<link[^>]*\bhref)\s*=\s*["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import\s""")
# Names of XML vocabularies, which nobody fetches, and pages that a person may click at or reads about in an error.
NAMED_ONLY = {"www.w3.org", "react.dev", "reactflow.dev", "mantine.dev"}


def test_the_whole_demo_makes_no_attempt_to_leave_the_machine() -> None:
    outcome = run_inside()
    assert outcome.is_right
    assert outcome.files > 20
    # To see what wanted to leave: strace -f -e trace=connect,sendto,sendmmsg .venv/bin/python scripts/demo.py --check
    assert outcome.attempts == 0


def test_an_attempt_is_seen_be_it_a_look_up_or_a_connection() -> None:
    assert run_inside("--planted").attempts >= 3


def test_the_dashboard_names_no_other_host_to_load_from() -> None:
    files = [path for path in dashboard.FOLDER.rglob("*") if path.suffix in (".html", ".js", ".css", ".svg")]
    assert len(files) > 20
    for path in files:
        content = path.read_text()
        assert {host.lower() for host in URL.findall(content)} <= NAMED_ONLY, path.name
        assert path.suffix == ".js" or not LOADING.search(content), path.name


def test_a_browser_is_told_to_load_from_the_server_alone() -> None:
    policy = dict(dashboard.SECURITY_HEADERS)[b"content-security-policy"].decode()
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert {source for rule in rules.values() for source in rule.split()} <= {
        "'none'",
        "'self'",
        "'unsafe-inline'",
        "data:",
    }
