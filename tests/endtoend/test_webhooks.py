"""Webhooks of a real server, set from the command line, told of a real agent."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from live_agent import stepped_agent
from running_server import RunningServer, wait_until
from webhook_receiver import Receiver, webhook_receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with webhook_receiver() as one:
        yield one


@pytest.fixture
def open_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server that may tell receivers on this machine."""
    monkeypatch.setenv("LONGPOLE_WEBHOOK_SCHEMES", "http")
    monkeypatch.setenv("LONGPOLE_WEBHOOK_PRIVATE_TARGETS", "true")
    running = RunningServer(tmp_path / "longpole")
    running.folder.mkdir()
    try:
        yield running.start()
    finally:
        running.close()


def webhooks(server: RunningServer, *words: str) -> "subprocess.CompletedProcess[str]":
    """What `longpole webhooks` says."""
    program = str(Path(sys.executable).with_name("longpole"))
    command = [program, "webhooks", *words, "--url", server.url]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_webhook_that_was_added_is_told_of_the_end_of_an_agent_also_after_a_restart(
    open_server: RunningServer, receiver: Receiver
) -> None:
    made = webhooks(open_server, "add", "ci", receiver.url, "--kind", "execution.completed")
    assert made.returncode == 0, made.stderr
    assert "whsec_" in made.stdout
    assert "hidden" not in made.stdout
    assert webhooks(open_server, "test", "ci").stdout.strip() == "It was taken."

    open_server.stop()
    open_server.start()
    with stepped_agent(open_server.url) as agent:
        agent.finish()
    wait_until(lambda: len(receiver.received) == 2, "the end to be told")

    told = json.loads(receiver.received[1].body)
    assert (told["kind"], told["execution_id"]) == ("execution.completed", agent.execution_id)
    wait_until(lambda: "delivered" in webhooks(open_server, "list").stdout, "the delivery to be noted")
    assert webhooks(open_server, "remove", "ci").returncode == 0
    assert "Nobody is told" in webhooks(open_server, "list").stdout


def test_an_address_in_the_network_of_the_server_is_refused(shared_server: RunningServer) -> None:
    refused = webhooks(shared_server, "add", "inner", "https://169.254.169.254/latest/meta-data")
    assert refused.returncode == 2
    assert "not a public one" in " ".join(refused.stderr.split())
