"""The server that tests of delivery send to, and a shipper in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from longpole.ship.shipper import Shipper
from longpole.ship.spool import Spool, spool_file
from otlp_sink import OtlpSink


@pytest.fixture
def sink() -> Iterator[OtlpSink]:
    """Listens from the start."""
    server = OtlpSink()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def absent() -> Iterator[OtlpSink]:
    """An address at which nobody answers until it is started."""
    server = OtlpSink()
    yield server
    server.stop()


@pytest.fixture
def make_shipper(tmp_path: Path) -> Iterator[Any]:
    """A started shipper for an address, with a spool in this test's folder unless told otherwise."""
    made: list[Shipper] = []

    def make(url: str, *, has_spool: bool = True, limit_bytes: int = 10**7, timeout_s: float = 5.0) -> Shipper:
        spool = Spool(spool_file(tmp_path, url), 10**7) if has_spool else None
        shipper = Shipper(
            {"service.name": "test"}, "0", lambda: url, spool, limit_bytes=limit_bytes, timeout_s=timeout_s
        )
        made.append(shipper)
        shipper.start()
        return shipper

    yield make
    for shipper in made:
        shipper.close(0.2)
