"""What a person sees who starts and ends `longpole serve`."""

from running_server import RunningServer


def test_a_server_says_where_it_is_and_nothing_when_it_ends(server: RunningServer) -> None:
    assert server.get("/api/overview").status_code == 200
    assert server.stop() == 0
    lines = server.log.read_text().splitlines()
    assert [line.split(" ")[0] for line in lines] == ["Longpole", "Keeps", "To"]
    assert server.url in lines[0]
    assert not (server.folder / "server.json").exists()
