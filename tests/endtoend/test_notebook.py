"""A real notebook kernel asks a real server."""

from textwrap import dedent

import nbformat
from nbclient import NotebookClient

from live_agent import stepped_agent
from running_server import RunningServer, wait_until

CELLS = (
    """
    import longpole
    from longpole import ExecutionAnalytics
    longpole.configure(endpoint=URL, enabled=False)
    collector = longpole.ExecutionTimingCollector()
    with collector.time_execution("plan"), collector.time_step("ask <b>", "llm"):
        pass
    collector.last_tree
    """,
    "ExecutionAnalytics.get_executions()",
    "ExecutionAnalytics.get_execution_tree(ID)",
    "ExecutionAnalytics.find_slow_executions(0).to_dataframe()",
    """
    import threading
    from longpole.client import waiting_sign
    waiting_sign.AFTER_S = 0.0
    with waiting_sign.WaitingSign("asked") as sign:
        while sign._shown is None:
            threading.Event().wait(0.01)
    """,
    """
    waiting_sign.AFTER_S = 30.0
    _ = ExecutionAnalytics.get_running()
    """,
)


def test_a_notebook_shows_trees_lists_frames_and_that_it_waits(shared_server: RunningServer) -> None:
    with stepped_agent(shared_server.url) as agent:
        agent.finish()
    wait_until(
        lambda: shared_server.get(f"/api/executions/{agent.execution_id}").json().get("duration_ns"), "the execution"
    )
    cells = [cell.replace("URL", repr(shared_server.url)).replace("ID", repr(agent.execution_id)) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(dedent(cell).strip()) for cell in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    outputs = [[dict(output.get("data", {})) for output in cell["outputs"]] for cell in notebook.cells]

    assert "ask &lt;b&gt;" in outputs[0][-1]["text/html"]
    assert agent.execution_id in outputs[1][-1]["text/html"]
    assert all(name in outputs[2][-1]["text/html"] for name in ("triage", "first", "second"))
    assert "dataframe" in outputs[3][-1]["text/html"]
    assert outputs[4] == [{"text/html": ""}]  # shown, and taken away again
    assert outputs[5] == []  # what is quick shows nothing
