"""A model provider for tests, on loopback: the APIs of OpenAI, Anthropic and Gemini, and a list of what it served.

It answers by rule. A request that offers a tool and holds no tool result yet gets a call of that tool; any other gets a
text. The words `fail` and `limited` in a model's name make it answer 500, and 429 once.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, NamedTuple, Self

WORDS = ("All ", "done: ", "the ", "answer ", "is ", "42.")
ANSWER = "".join(WORDS)
OUTPUT_TOKENS = 17
_numbers = count(1)  # clients refuse an id that they have seen


class Served(NamedTuple):
    """One answer: tokens as the provider told them in it, 0 in an error."""

    path: str
    model: str
    status: int
    input_tokens: int
    output_tokens: int
    headers: dict[str, str]


class Call(NamedTuple):
    """A call of a tool that the model asks for."""

    tool: str
    arguments: dict[str, Any]


class ModelProvider:
    """Runs while inside `with`; `url` is where, `served` what it has answered so far.

    Args:
        arguments: what tools are called with, by the name of the parameter.
        refusals: so many first requests are answered by 429.
        is_parallel: whether all tools are called at once, instead of one after the other.
        asks_once: whether each model calls a tool once only, also where the messages do not tell that it did.
    """

    def __init__(
        self,
        arguments: dict[str, Any] | None = None,
        *,
        refusals: int = 0,
        is_parallel: bool = False,
        asks_once: bool = False,
    ) -> None:
        self.served: list[Served] = []
        self.arguments = arguments or {}
        self.refusals = refusals
        self.is_parallel = is_parallel
        self.asks_once = asks_once
        self._asked: set[tuple[str, str]] = set()  # model, tool
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def tokens(self) -> tuple[int, int]:
        """Input and output tokens of everything that was served."""
        return sum(one.input_tokens for one in self.served), sum(one.output_tokens for one in self.served)

    def calls(self, request: dict[str, Any]) -> list[Call]:
        """The offered tools that no message of the request has called yet: the first, or all of them."""
        said = json.dumps(next(request[name] for name in ("messages", "input", "contents") if name in request))
        waiting = [
            Call(tool["name"], {name: self.arguments.get(name, f"some {name}") for name in _parameters(tool)})
            for tool in _offered(request)
            # In single quotes: smolagents tells the model of earlier calls in Python's notation.
            if f'"name": "{tool["name"]}"' not in said
            and f"'name': '{tool['name']}'" not in said
            and not (self.asks_once and (request["model"], tool["name"]) in self._asked)
        ]
        waiting = [call for call in waiting if call.tool != "final_answer"] or waiting  # smolagents' own comes last
        chosen = waiting if self.is_parallel else waiting[:1]
        self._asked.update((request["model"], call.tool) for call in chosen)
        return chosen


def _handler(provider: ModelProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *_: object) -> None:
            """Prints nothing."""

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            path = self.path.partition("?")[0]
            if ":" in path:  # Gemini's
                model, _, verb = path.rpartition("/")[2].partition(":")
                request |= {"model": model, "stream": verb.startswith("stream")}
            status, input_tokens = self._status(request["model"]), len(json.dumps(request)) // 4
            counted = (input_tokens, OUTPUT_TOKENS) if status == 200 else (0, 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            provider.served.append(Served(path, request["model"], status, *counted, headers))
            if status != 200:
                self._send(status, {"type": "error", "error": {"type": "api_error", "message": "the backend is down"}})
            elif request.get("stream"):
                self._stream(_events(path, request, input_tokens, provider.calls(request)))
            elif path.endswith("/embeddings"):
                self._send(200, _vectors(request, input_tokens))
            else:
                self._send(200, _answer(path, request, input_tokens, provider.calls(request)))

        def _status(self, model: str) -> int:
            if "fail" in model:
                return 500
            if provider.refusals > len(provider.served):
                return 429
            is_first = not any(one.model == model for one in provider.served)
            return 429 if "limited" in model and is_first else 200

        def _send(self, status: int, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            if status == 429:
                self.send_header("retry-after", "0.05")
            self.end_headers()
            self.wfile.write(text)

        def _stream(self, events: Iterator[dict[str, Any]]) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            for event in events:
                kind = f"event: {event['type']}\n" if "type" in event else ""
                self.wfile.write(f"{kind}data: {json.dumps(event)}\n\n".encode())
            if self.path.endswith("/chat/completions"):
                self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

    return Handler


def _answer(path: str, request: dict[str, Any], input_tokens: int, calls: list[Call]) -> dict[str, Any]:
    if path.endswith("/messages"):
        return _message(request, input_tokens, calls)
    if path.endswith("/responses"):
        return _response(request, input_tokens, calls)
    if ":" in path:
        return _content(request, input_tokens, calls)
    return _completion(request, input_tokens, calls)


def _events(path: str, request: dict[str, Any], input_tokens: int, calls: list[Call]) -> Iterator[dict[str, Any]]:
    whole = _answer(path, request, input_tokens, calls)
    if path.endswith("/messages"):
        return _message_events(whole)
    if path.endswith("/responses"):
        return _response_events(whole)
    return iter((whole,)) if ":" in path else _completion_events(request, whole)


def _offered(request: dict[str, Any]) -> list[dict[str, Any]]:
    tools = [tool.get("function", tool) for tool in request.get("tools") or []]
    return [each for tool in tools for each in tool.get("functionDeclarations", [tool])]


def _parameters(tool: dict[str, Any]) -> list[str]:
    schema = tool.get("parameters") or tool.get("input_schema") or tool.get("parameters_json_schema") or {}
    return list(schema.get("properties", {}))


def _vectors(request: dict[str, Any], input_tokens: int) -> dict[str, Any]:
    vectors = [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}]
    usage = {"prompt_tokens": input_tokens, "total_tokens": input_tokens}
    return {"object": "list", "model": request["model"], "data": vectors, "usage": usage}


def _completion(request: dict[str, Any], input_tokens: int, calls: list[Call]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None if calls else ANSWER}
    if calls:
        functions = [{"name": call.tool, "arguments": json.dumps(call.arguments)} for call in calls]
        message["tool_calls"] = [
            {"id": f"call_{next(_numbers)}", "type": "function", "function": each} for each in functions
        ]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop", "logprobs": None}
    usage = {
        "prompt_tokens": input_tokens,
        "completion_tokens": OUTPUT_TOKENS,
        "total_tokens": input_tokens + OUTPUT_TOKENS,
    }
    return {
        "id": f"chatcmpl-{next(_numbers)}",
        "object": "chat.completion",
        "created": 1,
        "model": request["model"],
        "choices": [choice],
        "usage": usage,
    }


def _completion_events(request: dict[str, Any], whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    frame = {name: whole[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    choice = whole["choices"][0]
    calls = [{"index": index, **call} for index, call in enumerate(choice["message"].get("tool_calls", ()))]
    deltas = [{"tool_calls": [call]} for call in calls] or [{"content": word} for word in WORDS]
    for delta in [{"role": "assistant", "content": ""}, *deltas]:
        yield frame | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    if (request.get("stream_options") or {}).get("include_usage"):
        yield frame | {"choices": [], "usage": whole["usage"]}


def _response(request: dict[str, Any], input_tokens: int, calls: list[Call]) -> dict[str, Any]:
    text = {"type": "output_text", "text": ANSWER, "annotations": []}
    said = {"type": "message", "role": "assistant", "content": [text]}
    asked = [
        {
            "type": "function_call",
            "call_id": f"call_{next(_numbers)}",
            "name": call.tool,
            "arguments": json.dumps(call.arguments),
        }
        for call in calls
    ]
    output = [{"id": f"item_{next(_numbers)}", "status": "completed", **item} for item in asked or [said]]
    usage = {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": OUTPUT_TOKENS,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input_tokens + OUTPUT_TOKENS,
    }
    return {
        "id": f"resp_{next(_numbers)}",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": request["model"],
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": request.get("tools") or [],
        "usage": usage,
    }


def _response_events(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = whole | {"status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "sequence_number": 0, "response": begun}
    yield {"type": "response.completed", "sequence_number": 1, "response": whole}


def _message(request: dict[str, Any], input_tokens: int, calls: list[Call]) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "text", "text": ANSWER}
    if calls:
        name, arguments = calls[0]
        block = {"type": "tool_use", "id": f"toolu_{next(_numbers)}", "name": name, "input": arguments}
    return {
        "id": f"msg_{next(_numbers)}",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": [block],
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": input_tokens, "output_tokens": OUTPUT_TOKENS},
    }


def _message_events(whole: dict[str, Any]) -> Iterator[dict[str, Any]]:
    block = whole["content"][0]
    usage = whole["usage"] | {"output_tokens": 1}
    yield {"type": "message_start", "message": whole | {"content": [], "stop_reason": None, "usage": usage}}
    if block["type"] == "text":
        begun, deltas = block | {"text": ""}, [{"type": "text_delta", "text": word} for word in WORDS]
    else:
        begun = block | {"input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": json.dumps(block["input"])}]
    yield {"type": "content_block_start", "index": 0, "content_block": begun}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    delta = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": OUTPUT_TOKENS}}
    yield {"type": "message_stop"}


def _content(request: dict[str, Any], input_tokens: int, calls: list[Call]) -> dict[str, Any]:
    asked = [{"functionCall": {"name": call.tool, "args": call.arguments}} for call in calls]
    usage = {
        "promptTokenCount": input_tokens,
        "candidatesTokenCount": OUTPUT_TOKENS,
        "totalTokenCount": input_tokens + OUTPUT_TOKENS,
    }
    candidate = {"content": {"role": "model", "parts": asked or [{"text": ANSWER}]}, "finishReason": "STOP"}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": request["model"]}
