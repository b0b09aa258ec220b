"""ClickHouse's engine behind its HTTP interface, as far as clickhouse-connect uses it; run as a program.

There is no ClickHouse server to install beside the tests. So this gives the real engine (chdb) the real server's door:
statements and their values from forms, settings from the address, inserts from bodies, a user's password.

    python tests/clickhouse_over_http.py FOLDER USER PASSWORD

It prints the port that it listens on and serves until it is killed.
"""

import base64
import json
import re
import sys
import tempfile
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qsl, urlsplit

import chdb

# What the real server's door keeps for itself.
OF_THE_DOOR = {"query", "database", "client_protocol_version", "session_id", "query_id", "compress", "decompress",
               "wait_end_of_query", "enable_http_compression", "http_headers_progress_interval_ms",
               "send_progress_in_http_headers", "buffer_size", "role", "quota_key"}  # fmt: skip
INSERT = re.compile(r"\s*(INSERT INTO .+?)\s+FORMAT\s+(\w+)\s*$", re.IGNORECASE | re.DOTALL)


def literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def form_of(kind: str, body: bytes) -> dict[str, str]:
    """The fields of a form."""
    message: Message = BytesParser(policy=HTTP).parsebytes(f"content-type: {kind}\r\n\r\n".encode() + body)
    fields: dict[str, str] = {}
    for part in message.iter_parts():  # pyright: ignore[reportAttributeAccessIssue]
        fields[str(part.get_param("name", header="content-disposition"))] = part.get_payload(decode=True).decode()
    return fields


class Door(BaseHTTPRequestHandler):
    """One statement for each request."""

    protocol_version = "HTTP/1.1"
    folder = user = password = ""
    one_at_a_time = Lock()

    def do_GET(self) -> None:
        self.answer(200, b"Ok.\n")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("transfer-encoding") == "chunked":
            body = self.read_chunks()
        fields = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        kind = self.headers.get("content-type", "")
        if kind.startswith("multipart/form-data"):
            fields, body = fields | form_of(kind, body), b""
        if not self.is_allowed():
            self.answer(403, b"Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)")
            return
        try:
            self.answer(200, self.carry_out(fields, body))
        except RuntimeError as error:
            self.answer(500, str(error).encode())

    def is_allowed(self) -> bool:
        wanted = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        by_header = (self.headers.get("x-clickhouse-user"), self.headers.get("x-clickhouse-key"))
        return self.headers.get("authorization") == f"Basic {wanted}" or by_header == (self.user, self.password)

    def carry_out(self, fields: dict[str, str], body: bytes) -> bytes:
        statement = fields.get("query", "")
        if not statement:
            head, _, rows = body.partition(b"\n")
            is_insert = INSERT.fullmatch(head.decode(errors="replace")) is not None
            statement, body = (head.decode(), rows) if is_insert else (body.decode(), b"")
        values = {name.removeprefix("param_"): text for name, text in fields.items() if name.startswith("param_")}
        settings = {name: text for name, text in fields.items() if not name.startswith("param_")}
        with self.one_at_a_time, tempfile.NamedTemporaryFile() as file:
            engine = chdb.connect(self.folder)
            try:
                if fields.get("database"):
                    engine.query(f"USE `{fields['database']}`")
                if names := settings.keys() - OF_THE_DOOR:  # at once: after `readonly` none could be set
                    engine.query(f"SET {', '.join(f'{name} = {literal(settings[name])}' for name in names)}")
                if body and (insert := INSERT.fullmatch(statement)):
                    file.write(body)
                    file.flush()
                    statement = f"{insert[1]} FROM INFILE {literal(file.name)} FORMAT {insert[2]}"
                return engine.query(statement, "TabSeparated", params=values).bytes() or b""
            finally:
                engine.close()

    def read_chunks(self) -> bytes:
        parts: list[bytes] = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-clickhouse-summary", json.dumps({"read_rows": "0"}))
        self.send_header("x-clickhouse-timezone", "UTC")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    Door.folder, Door.user, Door.password = sys.argv[1:4]
    holder = chdb.connect(Door.folder)  # else the engine would start anew for each request
    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
    holder.close()


if __name__ == "__main__":
    main()
