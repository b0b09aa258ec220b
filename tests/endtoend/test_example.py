"""What "Load the example" puts into an empty server."""

from running_server import RunningServer, wait_until


def test_the_example_is_seen_whole_and_once_more_when_it_is_loaded_again(server: RunningServer) -> None:
    loaded = server.client.post(server.url + "/api/example")
    assert loaded.status_code == 202
    assert loaded.json()["environment"] == "example"
    per_run = 0
    for times in (1, 2):
        found = wait_for_runs(server, 12 * times)
        assert {item["status"] for item in found} == {"success"}
        assert {item["environment"] for item in found} == {"example"}
        totals = server.totals()
        per_run = per_run or totals["executions"]
        assert totals["executions"] == per_run * times
        assert totals["running"] == 0
        if times == 1:
            server.client.post(server.url + "/api/example")


def wait_for_runs(server: RunningServer, count: int) -> list[dict[str, object]]:
    def found() -> list[dict[str, object]] | None:
        answer = server.get("/api/executions", params={"agent": "lead", "limit": "100"})
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        return items if len(items) == count and all(item["is_settled"] for item in items) else None

    return wait_until(found, f"{count} executions of the lead")
