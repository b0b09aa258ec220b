"""`longpole.replaying`: where asking for an execution and running against it are joined."""

from collections.abc import Generator
from contextlib import contextmanager

from longpole.client.asking import open_answers
from longpole.model.errors import InvalidInput
from longpole.replay.plan import Missing, Plan
from longpole.replay.recordings import make_recording
from longpole.replay.replayer import Replayer
from longpole.replay.start import replaying as replaying_by
from longpole.reports.recording import RECORDING


@contextmanager
def replaying(execution_id: str, *, speed: float = 1.0, missing: Missing = "fail") -> Generator[Replayer]:
    """While inside, what the program asks models, tools, HTTP, the clock and chance is answered from an execution that
    was recorded; what runs is recorded as an execution of its own.

    Args:
        execution_id: the execution, from the server or store that `configure()` names, or this machine's.
        speed: 1 takes as long as it took, 2 half of that, 0 no time.
        missing: what is done with a call that was not recorded: "fail" raises `ReplayDiverged` there, "pass" makes it,
            "stub" gives the most similar recorded result of this name.

    Raises:
        NotFound: there is no such execution.
        NotReplayable: nothing of it can be given back.
        InvalidInput: the speed is negative, or a recording or replay is on already.
    """
    if speed < 0:
        raise InvalidInput(f"The speed is {speed}. Expected 0 or more: 1 is as it was, 0 without any wait. Change it.")
    with open_answers() as answers:
        execution = answers.ask_about(execution_id, RECORDING)
    plan = Plan(recording=make_recording(execution), wait=1 / speed if speed else 0.0, missing=missing)
    with replaying_by(plan) as replayer:
        yield replayer
