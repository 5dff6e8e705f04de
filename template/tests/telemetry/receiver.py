"""A local server that receives telemetry, as collectors do."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


class Receiver:
    """The received requests, by path."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.bodies: dict[str, list[bytes]] = {}
        self.headers: dict[str, str] = {}

    def spans(self) -> list[Span]:
        """Return the spans of all traces."""
        return [
            span
            for body in self.bodies.get("/v1/traces", [])
            for source in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in source.scope_spans
            for span in scope.spans
        ]

    def events(self) -> list[dict[str, Any]]:
        """Return the error reports; each is the third line of a body."""
        bodies = self.bodies.get("/api/1/envelope/", [])
        items = [[json.loads(line) for line in body.splitlines()] for body in bodies]
        return [item[2] for item in items if item[1]["type"] == "event"]

    @property
    def dsn(self) -> str:
        """A Sentry DSN that leads here."""
        return self.address.replace("://", "://key@") + "/1"


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a receiver on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            kept.bodies.setdefault(self.path, []).append(body)
            kept.headers |= {k.lower(): v for k, v in self.headers.items()}
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
