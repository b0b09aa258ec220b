"""A program that ends while a thread of it still asks a store, which nobody has closed, ends well."""

import subprocess
import sys
from pathlib import Path

import pytest

BUSY = """
import sys
from threading import Event, Thread
sys.path.insert(0, sys.argv[2])
from contract.rows import joined, trace
from longpole.store.store import open_store

store, busy = open_store(sys.argv[1]), Event()

def go_on():
    number = 0
    while True:
        number += 1
        store.write(joined([trace(number)]))
        store.rows("store_counts")
        if number == 5:
            busy.set()

Thread(target=go_on, daemon=True).start()
busy.wait()
"""


@pytest.mark.parametrize("address", ["{}/longpole.duckdb", "chdb://{}/clickhouse"])
def test_a_store_that_is_left_open_does_not_abort_its_program(address: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUSY, address.format(tmp_path), str(Path(__file__).parents[1])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
