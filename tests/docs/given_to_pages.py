"""What the Python of a page takes for granted, the reader's own program, and what shows that it did something."""

GIVEN = {
    "cross-processes.md": """
        import os, queue as queues, subprocess, sys
        class requests:
            post = staticmethod(lambda url, json, headers: headers["traceparent"])
        async def app(scope, receive, send): ...
        url, question, queue, command = "http://127.0.0.1/", "why?", queues.Queue(), [sys.executable, "-c", ""]
        def answer(question): ...
        longpole.configure()
        step = longpole.time_step("outside").__enter__()
    """,
    "logs.md": "import logging, structlog",
    "postgresql.md": """
        import os, psycopg
        connect, address = psycopg.connect, os.environ["DATABASE"]
        psycopg.connect = lambda _: connect(address, options="-c search_path=analytics")
    """,
    "track-agents.md": """
        async def app(scope, receive, send): ...
        vault_id = "northwind"
    """,
}
"""Before the first block of a page."""

BETWEEN = {
    "track-agents.md": """
        other = Psychologist()
        tracker = other.create_tracker()
    """,
}
AFTER = {
    "track-agents.md": """
        import asyncio
        from types import SimpleNamespace
        class Whole(Psychologist):
            async def should_respond(self, query): return True, 0.9, "asked for"
            def messages(self, query): return [query]
            async def chat(self, messages):
                return SimpleNamespace(text="an answer", usage=SimpleNamespace(input=3, output=2))
            llm = property(lambda self: SimpleNamespace(chat=self.chat))
        assert asyncio.run(Whole().run("northwind", "why?")) == "an answer"
    """,
}
