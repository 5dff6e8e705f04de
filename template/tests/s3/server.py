"""A local server with one bucket, in memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from tests.s3 import KEYS, NAME

OLD = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Stored:
    """A stored file."""

    content: bytes
    kind: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Server:
    """The files of the bucket by path, and what the server does next."""

    def __init__(self) -> None:
        self.address = ""
        self.files: dict[str, Stored] = {}
        # The headers of the latest request, and the number of failures to come
        self.headers: dict[str, str] = {}
        self.failures = 0
        # Whether downloads break off
        self.breaks = False
        # Called for each request
        self.note: Callable[[], object] = lambda: None


class Handler(BaseHTTPRequestHandler):
    """The requests of the S3 API that the service sends."""

    protocol_version = "HTTP/1.1"
    kept: Server

    def handle_one_request(self) -> None:
        """Answer a request; the client may leave meanwhile."""
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if path := self._path():
            self.kept.files[path] = Stored(body, self.headers["Content-Type"])
            self._send(200)

    def do_DELETE(self) -> None:
        if path := self._path():
            self.kept.files.pop(path, None)
            self._send(204)

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        path = self._path()
        if "list-type" in query:
            self._send(200, self._listed(query["prefix"][0]))
        elif path and (file := self.kept.files.get(path)):
            self._send(200, file.content, file.at)
        elif path:
            self._refuse(404, "NoSuchKey")

    def _path(self) -> str:
        """Return the path in the bucket; if the request is refused, nothing."""
        self.kept.note()
        self.kept.headers = {k.lower(): v for k, v in self.headers.items()}
        bucket, _, path = urlsplit(self.path).path[1:].partition("/")
        if self.kept.failures:
            self.kept.failures -= 1
            self._refuse(500, "InternalError")
        elif KEYS["S3_ACCESS_KEY_ID"] not in self.headers["Authorization"]:
            self._refuse(403, "InvalidAccessKeyId")
        elif bucket != NAME:
            self._refuse(404, "NoSuchBucket")
        else:
            return path
        return ""

    def _listed(self, prefix: str) -> bytes:
        files = self.kept.files.items()
        found = "".join(
            f"<Contents><Key>{path}</Key><Size>{len(file.content)}</Size>"
            f"<LastModified>{file.at:%Y-%m-%dT%H:%M:%S.000Z}</LastModified></Contents>"
            for path, file in files
            if path.startswith(prefix)
        )
        return f"<ListBucketResult>{found}</ListBucketResult>".encode()

    def _refuse(self, status: int, code: str) -> None:
        # On one line, and quoting the key, as some servers do.
        key = self.headers["Authorization"].partition("Credential=")[2].split("/")[0]
        error = f"<Code>{code}</Code><AWSAccessKeyId>{key}</AWSAccessKeyId>"
        self._send(status, f"<Error>{error}</Error>".encode())

    def _send(self, status: int, body: bytes = b"", at: datetime | None = None) -> None:
        broken = at is not None and self.kept.breaks
        self.send_response(status)
        self.send_header("ETag", '"0"')
        self.send_header("Last-Modified", format_datetime(at or OLD, usegmt=True))
        self.send_header("Content-Length", str(len(body) + broken))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = broken

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def bucket_server() -> Iterator[Server]:
    """Run a server on a free port."""
    handler = type("Bound", (Handler,), {"kept": (kept := Server())})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    kept.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
