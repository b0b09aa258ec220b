"""Answers to requests, as they are kept and given back."""

import gzip
import json

import httpx
import pytest

import longpole
from longpole.model.errors import ReplayDiverged
from longpole.replay.answer import KeptAnswer, pieces_of
from longpole.replay.plain import EXACT
from replay_laboratory import Laboratory


def kept(kind: str, *pieces: bytes, **headers: str) -> dict[str, object]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = KeptAnswer(0, 200, {"content-type": kind, "set-cookie": "secret"} | named)
    for piece in pieces:
        answer.add(piece)
    answer.end()
    output, mark = answer.output()
    assert mark == EXACT
    return json.loads(json.dumps(output))


def test_json_is_kept_as_a_value_and_no_cookie_with_it() -> None:
    answer = kept("application/json", b'{"a":', b" [1, 2.5]}")
    assert answer["json"] == {"a": [1, 2.5]}
    assert json.loads(b"".join(piece for _, piece in pieces_of(answer))) == {"a": [1, 2.5]}
    assert "set-cookie" not in str(answer)


def test_events_of_a_stream_keep_their_times_and_are_never_cut() -> None:
    whole = "data: é1\n\ndata: two\n\ndata: [DONE]\n\n".encode()
    answer = kept("text/event-stream", whole[:7], whole[7:20], whole[20:])
    pieces = pieces_of(answer)
    assert b"".join(piece for _, piece in pieces) == whole
    assert [piece for _, piece in pieces] == ["data: é1\n\n".encode(), b"data: two\n\ndata: [DONE]\n\n"]
    assert [at_ns for at_ns, _ in pieces] == sorted(at_ns for at_ns, _ in pieces)


def test_compressed_answers_are_kept_as_text_and_binary_ones_whole() -> None:
    packed = gzip.compress(b"line one\nline two")
    text = kept("text/plain", packed[:9], packed[9:], content_encoding="gzip")
    assert b"".join(piece for _, piece in pieces_of(text)) == b"line one\nline two"
    picture = kept("image/png", b"\x89PNG\xff", b"\x00")
    assert pieces_of(picture)[0][1] == b"\x89PNG\xff\x00"


def test_an_encoding_that_cannot_be_read_is_said_to_be_lost() -> None:
    answer = KeptAnswer(0, 200, {"content-type": "text/plain", "content-encoding": "br"})
    answer.add(b"\x01\x02")
    assert answer.output()[1] == "its answer came with the encoding 'br', which is not read here"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A network that answers with what it was asked, and the paths that reached it."""
    paths: list[str] = []

    def answer(_: object, request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        if request.url.path == "/down":
            raise httpx.ConnectError("nobody there")
        body = {"path": request.url.path, "asked": request.content.decode(), "number": len(paths)}
        headers = {"content-type": "application/json", "x-request-id": f"r{len(paths)}", "set-cookie": "a=b"}
        return httpx.Response(201, stream=httpx.ByteStream(json.dumps(body).encode()), headers=headers)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", answer)
    return paths


def test_requests_of_httpx_are_answered_without_the_network(laboratory: Laboratory, sent: list[str]) -> None:
    port = 1000

    @longpole.agent
    def lead() -> list[object]:
        found: list[object] = []
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"authorization": "Bearer secret"}) as client:
            for body in ({"q": 1, "r": 2}, {"q": 2}, {"r": 2, "q": 1}):
                answer = client.post("/ask?x=1", json=body)
                found.append((answer.status_code, answer.json(), answer.headers["x-request-id"]))
            try:
                client.get("/down")
            except httpx.ConnectError as error:
                found.append(str(error))
        return found

    first, kept_execution = laboratory.record(lead)
    assert len(sent) == 4
    port = 2000  # servers of tests listen elsewhere in every run
    again, run, _ = laboratory.replay(lead, kept_execution)
    assert again == first
    assert len(sent) == 4
    assert [step.name for step in run.steps] == ["lead", "POST /ask", "POST /ask", "POST /ask", "GET /down"]
    assert "Bearer" not in str(kept_execution)


def test_a_request_that_was_not_recorded_is_shown_against_the_nearest(laboratory: Laboratory, sent: list[str]) -> None:
    question = "What?"

    @longpole.agent
    def lead() -> int:
        return httpx.post("http://model/v1/chat", json={"prompt": question, "n": 1}, trust_env=False).status_code

    first, kept_execution = laboratory.record(lead)
    assert first == 201
    question = "Why?"
    error, _, replayer = laboratory.replay(lead, kept_execution)
    assert isinstance(error, ReplayDiverged)
    assert '-      "prompt": "What?"' in str(error)
    assert '+      "prompt": "Why?"' in str(error)
    assert len(replayer.outcome().divergences) == 1
    assert len(sent) == 1


def test_a_request_outside_of_any_step_goes_to_the_network(laboratory: Laboratory, sent: list[str]) -> None:
    @longpole.agent
    def lead() -> int:
        return httpx.get("http://model/inside", trust_env=False).status_code

    def program() -> int:
        httpx.get("http://model/outside", trust_env=False)
        return lead()

    _, kept_execution = laboratory.record(program)
    laboratory.replay(program, kept_execution)
    assert sent == ["/outside", "/inside", "/outside"]
