"""Waits, blocked loops and log lines of one program, as a real server shows them."""

from pathlib import Path

from library_programs import ShownTree, run_program, shown
from model_provider import ModelProvider
from running_server import RunningServer, wait_until

PROGRAM = """
import asyncio, logging, sys, time
import longpole
longpole.configure()
longpole.instrument("openai", "tenacity", "logging", "structlog")
watch = longpole.watch_loop(threshold_ms=10)
import openai, structlog, tenacity

log = logging.getLogger("shop")
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(execution_id)s %(message)s")
lines = structlog.get_logger()
tries = []

@longpole.timing_step(category="tool")
def look_up(order):
    tries.append(order)
    if len(tries) < 3:
        raise ConnectionError("refused")
    return order

@longpole.timing_step
def load_profile():
    time.sleep(0.08)

@longpole.timing_step
async def patient(done):
    await done.wait()

@longpole.agent
async def clerk():
    tenacity.retry(wait=tenacity.wait_fixed(0.002))(look_up)(7)
    client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="x", max_retries=1)
    client.chat.completions.create(model="gpt-limited", messages=[{"role": "user", "content": "hello"}])
    for _ in client.chat.completions.create(
        model="gpt-streamed", messages=[{"role": "user", "content": "hello"}], stream=True,
        stream_options={"include_usage": True},
    ):
        pass
    log.warning("order %s is late", 7)
    lines.info("order_found", order=7)
    done = asyncio.Event()
    waiting = asyncio.create_task(patient(done))
    for _ in range(20):
        await asyncio.sleep(0.03)
        load_profile()
        await asyncio.sleep(0.03)
        if watch.blocks > 1:
            break
    done.set()
    await waiting
    await asyncio.to_thread(look_up, 8)

asyncio.run(clerk())
"""


def tree_of(server: RunningServer) -> ShownTree:
    return shown(server, "clerk", 10)


def test_waits_blocks_and_lines_are_shown_where_they_belong(server: RunningServer, tmp_path: Path) -> None:
    with ModelProvider() as provider:
        printed = run_program(PROGRAM, tmp_path, provider.url, server=server.url)
    tree = tree_of(server)
    assert [node.get("attempt") for node in tree.all("look_up")] == [None, 2, 3, None]
    pauses = tree.all("wait to retry look_up")
    assert [(node["category"], node["attempt"]) for node in pauses] == [("retry", 1), ("retry", 2)]
    limit = tree.one("wait for the rate limit")
    assert limit["category"] == "rate_limit"
    assert "chat gpt-limited" in tree.path(limit)
    # Two pauses of tenacity and one of the client; the attempts that they led to are not counted once more.
    assert tree.execution["retries"] == 3

    streamed = tree.detail(tree.one("chat gpt-streamed"))
    assert streamed["first_token_ns"] > 0
    assert streamed["tokens_per_second"] > 0

    block = next(node for node in tree.nodes if node["name"].startswith("time.sleep in load_profile"))
    assert block["category"] == "blocked_loop"
    assert tree.path(block).split(" > ")[-2] == "load_profile"
    patient = tree.detail(tree.one("patient"))
    assert patient["attributes"]["longpole.loop_blocked_ns"] > 10_000_000

    execution_id = tree.execution["execution_id"]
    assert f"{execution_id} order 7 is late" in printed
    found = wait_until(lambda: lines_of(server, execution_id), "the lines of the execution")
    assert {("info", "order_found"), ("warning", "order 7 is late")} <= set(found)  # the client logs as well


def lines_of(server: RunningServer, execution_id: str) -> list[tuple[str, str]]:
    shown_now = server.get(f"/api/executions/{execution_id}").json()
    lines = [event for event in shown_now["events"] if event["name"] == "longpole.log"]
    return [(event["level"], event["message"]) for event in lines] if len(lines) >= 2 else []


POOL = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
import longpole

@longpole.timing_step(category="tool")
def leaf(number):
    return number

@longpole.agent
def spreader(method):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert sorted(pool.map(leaf, range(4))) == [0, 1, 2, 3]
        assert pool.submit(dict, number=4).result() == {"number": 4}

longpole.configure()
if __name__ == "__main__":
    spreader("fork")
    spreader("spawn")
"""


def test_steps_in_the_processes_of_a_pool_stand_below_the_step_that_spread_them(
    server: RunningServer, tmp_path: Path
) -> None:
    run_program(POOL, tmp_path, server=server.url)

    def both() -> list[ShownTree]:
        items = server.get("/api/executions", params={"agent": "spreader"}).json()["items"]
        trees = [ShownTree(server, server.get(f"/api/executions/{item['execution_id']}").json()) for item in items]
        return trees if len(trees) == 2 and all(len(tree.all("leaf")) == 4 for tree in trees) else []

    for tree in wait_until(both, "two executions with four steps each"):
        assert {tree.path(leaf) for leaf in tree.all("leaf")} == {"spreader > leaf"}
