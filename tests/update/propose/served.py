"""The HTTP server of a host: its API, and its repository by git's own program."""

import json
import os
import subprocess
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any


class Served(Protocol):
    """A repository and an API."""

    root: Path

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """Answer a call to the API."""

    def may_push(self, secret: str) -> bool:
        """Return whether the header of git has a token that may write."""

    def may_change_workflows(self, secret: str) -> bool:
        """Return whether the header of git has a token that may push workflows."""


class Server(ThreadingHTTPServer):
    """A server on a free port, in threads of this process."""

    def __init__(self, host: Served) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = host
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if ".git/" in self.path:
            self.serve_git(body)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.host.handle(self.command, self.path, headers, body)
        more = {"Location": reply.body} if 300 <= reply.status < 400 else {}
        self.send(reply.status, {"Content-Type": "application/json", **more}, json.dumps(reply.body).encode())

    def serve_git(self, body: bytes) -> None:
        secrets = self.headers.get_all("Authorization", [])
        if len(secrets) != 1:  # GitHub answers 400 to two of them
            asks = {"WWW-Authenticate": 'Basic realm="fake"'}
            self.send(400 if secrets else 401, {} if secrets else asks, b"")
        elif not self.server.host.may_push(secrets[0]):
            self.send(403, {}, b"")
        else:
            self.run_git(body, "" if self.server.host.may_change_workflows(secrets[0]) else "yes")

    def run_git(self, body: bytes, refused: str) -> None:
        parts = urlsplit(self.path)
        env = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_PROJECT_ROOT": str(self.server.host.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_USER": "pipeline",
            "FAKE_WORKFLOWS": refused,
        }
        done = subprocess.run(("git", "http-backend"), env=env, input=body, capture_output=True, check=True).stdout
        head, _, content = done.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send(int(headers.pop("Status", "200").split()[0]), headers, content)

    def send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(HTTPStatus(status))
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the standard library
        """Print nothing."""
