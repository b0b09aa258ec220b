"""Run something in a network namespace that has loopback and no route, and count what wanted to go elsewhere.

The kernel counts in each namespace what it could not route: connections and datagrams of every process in it, whatever
language they are written in. The names of hosts are asked for at an address that is elsewhere too, so that a look-up
counts. As a program, inside: the whole demo and every file of the dashboard, or with `--planted` three attempts.
"""

import fcntl
import json
import re
import socket
import struct
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

ROOT = Path(__file__).resolve().parent.parent
NAME_SERVER = "192.0.2.53"  # RFC 5737: nobody has it
ELSEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
LINK = re.compile(r"""(?:src|href)="(/[^"]+)"|["'`](?:\./)?(assets/[\w.-]+\.(?:js|css|woff2|svg|png))["'`]""")


class Outcome(Struct):
    """How the run ended, how many files of the dashboard were fetched, and how many attempts to leave it made."""

    is_right: bool
    files: int
    attempts: int


def run_inside(*arguments: str) -> Outcome:
    """Run this file in a namespace of its own; needs root or user namespaces, and `unshare` of util-linux.

    Raises:
        AssertionError: the run did not come to its end; the message has what it printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "resolv.conf"
        names.write_text(f"nameserver {NAME_SERVER}\noptions timeout:1 attempts:1\n")
        script = f'mount --bind {names} /etc/resolv.conf && exec "$0" "$@"'
        command = ["unshare", "--map-root-user", "--net", "--mount", "sh", "-c", script, sys.executable, __file__]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120, check=False)
    last = done.stdout.strip().rsplit("\n", 1)[-1]
    assert done.returncode == 0, done.stdout + done.stderr
    return Outcome(**json.loads(last))


def raise_loopback() -> None:
    """A namespace begins with it down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def count_attempts() -> int:
    """What this namespace's kernel could not route so far, over IPv4 and IPv6."""
    names, values = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:")]
    newer = re.search(r"Ip6OutNoRoutes\s+(\d+)", Path("/proc/net/snmp6").read_text())
    return int(values[names.index("OutNoRoutes")]) + (int(newer[1]) if newer else 0)


def run_demo() -> tuple[bool, int]:
    """The demo with its checks, and every file that the dashboard's page names: whether all was right, how many."""
    import demo  # noqa: PLC0415 - only inside, where `scripts` is on the path
    from local_server import LocalServer  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder, LocalServer(Path(folder)) as server:
        is_right = demo.show_and_check(server, is_check=True)
        waiting, fetched = ["/"], set[str]()
        while waiting:
            path = waiting.pop()
            if path in fetched:
                continue
            status, body = server.request("GET", path)
            is_right &= status == 200
            fetched.add(path)
            found = LINK.findall(body.decode(errors="replace"))
            waiting += [whole or f"/{asset}" for whole, asset in found]
    return is_right, len(fetched)


def attempt() -> tuple[bool, int]:
    """Ask for a name, connect over IPv4 and over IPv6."""
    with suppress(OSError):
        socket.getaddrinfo("longpole.example", 443)
    for address, family in ELSEWHERE:
        with socket.socket(family) as outside, suppress(OSError):
            outside.connect((address, 443))
    return True, 0


def main() -> None:
    """Run inside, and print the outcome as the last line."""
    sys.path[:0] = [str(ROOT / "scripts")]
    raise_loopback()
    is_right, files = attempt() if "--planted" in sys.argv else run_demo()
    print(json.dumps({"is_right": is_right, "files": files, "attempts": count_attempts()}))


if __name__ == "__main__":
    main()
