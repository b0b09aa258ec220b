"""A minute of `make fuzz`, and hypothesis over the same makers: the door and the pipeline agree on every body."""

from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import Fuzz
from longpole.ingest.decode import check_body, decode_body
from longpole.ingest.limits import Checked, explain
from longpole.ingest.spool import START, Accepted, BodyFormat, Signal
from longpole.model.errors import InvalidInput
from odd_bodies import JSON, PROTOBUF, Post, broken, made_json, made_protobuf, seeds
from otlp_bodies import NOON_NS
from running_server import RunningServer

FORMATS = {PROTOBUF: BodyFormat.PROTOBUF, JSON: BodyFormat.JSON}
SECONDS = 50.0
SEED = 6
SEEDS = seeds()


def test_a_minute_of_odd_bodies_harms_nothing(server: RunningServer, tmp_path: Path) -> None:
    rounds = list(Fuzz(server, SEED, tmp_path, bodies=1000).rounds(inputs=1_000_000, seconds=SECONDS))
    assert [fault for each in rounds for fault in each.faults] == []
    assert sum(each.answers[200] for each in rounds) > 200
    assert sum(each.answers[400] for each in rounds) > 200


@settings(max_examples=400)
@given(rng=st.randoms(use_true_random=False), is_json=st.booleans(), is_broken=st.booleans())
def test_the_door_and_the_pipeline_agree_on_every_body(rng: Random, is_json: bool, is_broken: bool) -> None:
    post = (made_json if is_json else made_protobuf)(rng)
    if is_broken:
        post = broken(rng, post, SEEDS)
    checked = check(post)
    if checked is None:
        return
    explain(checked)
    signal = Signal(post.path.rsplit("/", 1)[1])
    decoded = decode_body(Accepted(START, signal, FORMATS[post.kind], None, NOON_NS, post.content))
    if signal is Signal.METRICS:
        assert decoded.data_points == checked.total
    else:
        assert len(decoded.spans) + len(decoded.logs) + len(decoded.rejected) == checked.total
        assert [item.reason for item in decoded.rejected] == [item.reason for item in checked.rejected]


def check(post: Post) -> Checked | None:
    """What the door knows of a body, nothing if it refuses it in words."""
    try:
        return check_body(post.content, FORMATS[post.kind], Signal(post.path.rsplit("/", 1)[1]))
    except InvalidInput as refusal:
        told = str(refusal)
    assert len(told) < 2000
    return None
