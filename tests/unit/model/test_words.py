"""The words that the documents fix: stages and statuses, by name and in order."""

from longpole.model.stage import ExecutionStage
from longpole.model.status import OPEN_STATUSES, ExecutionStatus


def test_an_execution_passes_the_eight_stages_of_the_guide_in_their_order() -> None:
    assert [stage.name for stage in ExecutionStage] == [
        "INIT",
        "SHOULD_RESPOND",
        "PRE_PROCESS",
        "LLM_PREPARE",
        "LLM_CALL",
        "LLM_PARSE",
        "POST_PROCESS",
        "COMPLETE",
    ]


def test_the_eight_statuses_of_the_guide_exist_and_a_vanished_process_adds_one() -> None:
    named = {"PENDING", "RUNNING", "LLM_REQUEST", "LLM_RESPONSE", "SUCCESS", "FAILED", "TIMEOUT", "SKIPPED"}
    assert {status.name for status in ExecutionStatus} == named | {"CRASHED"}


def test_an_open_status_is_one_from_which_an_execution_can_still_end() -> None:
    final = set(ExecutionStatus) - OPEN_STATUSES
    assert final == {"success", "failed", "timeout", "skipped", "crashed"}
