"""The agents of the tracking guide's snippets, with the parts around them that the guide takes for granted."""

import asyncio
import time
from typing import Any

from longpole import BaseAgent
from spec.snippets import run_snippet

BASIC_USAGE = """
from writeros.agents.base import BaseAgent
from writeros.schema import ExecutionStage

class MyAgent(BaseAgent):
    async def run(self, vault_id, query, **kwargs):
        # Create tracker
        tracker = self.create_tracker(
            vault_id=vault_id,
            conversation_id=kwargs.get('conversation_id')
        )

        # Track execution
        async with tracker.track_execution(
            method="run",
            input_data={"query": query}
        ):
            # Track relevance check
            should, conf, reason = await self.should_respond(query)
            await tracker.track_should_respond(should, conf, reason)

            if not should:
                return None

            # Track LLM preparation
            await tracker.track_stage(
                ExecutionStage.LLM_PREPARE,
                "Preparing LLM request"
            )

            # Make LLM call with tracking
            request_data = {
                "messages": [...],
                "temperature": 0.7
            }
            await tracker.track_llm_request("gpt-5.1", request_data)

            # Call LLM
            start_time = time.time()
            response = await self.llm.chat(request_data["messages"])
            latency_ms = (time.time() - start_time) * 1000

            # Track response
            await tracker.track_llm_response(
                response_data={"content": response},
                tokens_used=1234,  # Get from API response
                latency_ms=latency_ms
            )

            # Complete stage
            await tracker.complete_stage(ExecutionStage.LLM_CALL)

            # Process results
            await tracker.track_stage(
                ExecutionStage.POST_PROCESS,
                "Processing LLM response"
            )

            result = self._process_response(response)

            # Set output
            tracker.set_output(result)

            return result
"""

LOG_EVENT = """
async def analyze_character(self, character_id, vault_id):
    tracker = self.create_tracker(vault_id=vault_id)

    async with tracker.track_execution(method="analyze_character", input_data={"character_id": str(character_id)}):
        # Log events during execution
        await self.log_event(
            "Querying POVBoundary table",
            level="debug",
            character_id=str(character_id)
        )

        pov_boundaries = await self._query_pov_boundaries(character_id)

        await self.log_event(
            f"Found {len(pov_boundaries)} POV boundary records",
            level="info",
            count=len(pov_boundaries)
        )

        # Continue processing...
        result = await self._process_data(pov_boundaries)
        tracker.set_output(result)

        return result
"""

NESTED_CALLS = """
class OrchestratorAgent(BaseAgent):
    async def run(self, vault_id, query):
        tracker = self.create_tracker(vault_id=vault_id)

        async with tracker.track_execution(method="run", input_data={"query": query}):
            # Call child agent
            psychologist = PsychologistAgent()

            # Pass parent execution ID to child
            child_tracker = psychologist.create_tracker(
                vault_id=vault_id,
                parent_execution_id=tracker.execution_id
            )

            result = await psychologist.analyze_character(
                character_id=char_id,
                vault_id=vault_id
            )

            # Process child result
            tracker.set_output({"psychologist_result": result})

            return result
"""


class Model:
    """A model that answers at once, or when it is told to, or never."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.error: Exception | None = None

    async def chat(self, messages: list[Any]) -> str:
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        return "An answer."


def my_agent(name: str = "MyAgent", **overrides: Any) -> Any:
    snippet = run_snippet(BASIC_USAGE, time=time)
    answers = {"_process_response": lambda self, response: response.upper(), **overrides}
    agent = type(name, (snippet["MyAgent"],), answers)()
    agent.llm = Model()
    return agent


def psychologist() -> type[BaseAgent]:
    async def boundaries(self: Any, character_id: Any) -> list[int]:
        return [1, 2, 3]

    async def process(self: Any, found: list[int]) -> dict[str, int]:
        return {"boundaries": len(found)}

    analyze = run_snippet(LOG_EVENT)["analyze_character"]
    members = {"analyze_character": analyze, "_query_pov_boundaries": boundaries, "_process_data": process}
    return type("PsychologistAgent", (BaseAgent,), members)
