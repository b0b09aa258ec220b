"""A recorder of this test's own, and programs run under a recording or a replay."""

from collections.abc import Iterator
from random import Random

import pytest

from longpole.record import trouble
from longpole.record.current import current
from longpole.record.recorder import recorder
from longpole.record.stand_in import stand_ins
from replay_laboratory import Laboratory


@pytest.fixture
def laboratory() -> Iterator[Laboratory]:
    before = {name: getattr(recorder, name) for name in ("keeps_content", "outside", "sampling_rate", "held_limit")}
    trouble.counts.clear()
    recorder.records.clear()
    recorder.is_awake, recorder.roll = True, Random(7).random
    yield Laboratory()
    assert trouble.counts == {}
    recorder.is_on = False
    recorder.records.clear()
    for name, value in before.items():
        setattr(recorder, name, value)
    current.set(None)
    stand_ins.redactor = None
