"""The phases of an execution."""

from enum import StrEnum


class ExecutionStage(StrEnum):
    """The eight phases that an execution passes, in order (tracking guide, "Execution Stages")."""

    INIT = "init"
    SHOULD_RESPOND = "should_respond"
    PRE_PROCESS = "pre_process"
    LLM_PREPARE = "llm_prepare"
    LLM_CALL = "llm_call"
    LLM_PARSE = "llm_parse"
    POST_PROCESS = "post_process"
    COMPLETE = "complete"
