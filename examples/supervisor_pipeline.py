"""A supervisor that runs three agents one after the other, and shows where the time went.

python examples/supervisor_pipeline.py             # prints the tree; needs no server
longpole serve                                     # or, in another terminal first, to see it in the browser
"""

import asyncio

import longpole
from longpole import BaseSubAgent, SupervisorAgent


class Research(BaseSubAgent):
    """Gathers notes from two places at once."""

    name = "research"

    async def run(self) -> str:
        """The notes."""
        return "\n".join(await asyncio.gather(self.archive(), self.web()))

    async def archive(self) -> str:
        """What is known already."""
        async with self.time_step("read the archive", "database"):
            await asyncio.sleep(0.03)
        return "A note from the archive."

    async def web(self) -> str:
        """What is new."""
        async with self.time_step("search the web", "http", query="long poles"):
            await asyncio.sleep(0.08)
        return "A note from the web."


class Write(BaseSubAgent):
    """Writes, and reads once more what it wrote."""

    name = "write"

    async def run(self) -> str:
        """The text."""
        async with self.time_step("draft", "llm", model="a-model"):
            await asyncio.sleep(0.15)
        with self.time_step("check the spelling"):
            return "A text."


def publish() -> str:
    """A step may be a function."""
    return "published"


async def main() -> None:
    """Runs the pipeline and prints its tree."""
    supervisor = SupervisorAgent()
    await supervisor.execute_pipeline([Research(), Write(), publish])
    tree = supervisor.timing_collector.last_tree
    print(tree)
    if tree is not None:
        print({category: f"{self_ms:.1f} ms" for category, self_ms in tree.self_ms_by_category().items()})
        print(f"longpole show {tree.root_id}")


if __name__ == "__main__":
    longpole.configure()
    asyncio.run(main())
