"""HTTP/1.1 of the server: uvicorn's protocol, with bounds.

By itself, uvicorn bounds neither the headers of a request nor the time in which they
arrive, and loses the body of a request that offers another protocol.
"""

import httptools

from app.kit.http.connection import BoundedConnection
from app.kit.http.refusal import RefusedRequestError
from app.kit.http.request_head import (
    MOST_HEADERS,
    check_coding,
    check_host,
    check_request_line,
    check_size,
    has_body,
    take_host,
    too_large,
    without_upgrade,
)

# Requests of a client that does not wait for the previous responses.
MOST_PIPELINED = 20


class BoundedProtocol(BoundedConnection):
    """Parser of a connection's requests, which refuses what is invalid or too large."""

    def data_received(self, data: bytes) -> None:
        """Parse what the client has sent."""
        if self.refused:
            return
        self._unset_keepalive_if_required()
        self.unparsed += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserUpgrade:
            self.handle_websocket_upgrade()
        except RefusedRequestError as error:
            self.refuse(error)
        else:
            self.note_activity()

    def _parse(self, data: bytes) -> None:
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            # A callback's own error is its context.
            if isinstance(error.__context__, RefusedRequestError):
                raise error.__context__ from None
            raise RefusedRequestError(400, "Invalid HTTP request") from error
        if self.unparsed > self.bounds.header_size:
            raise too_large(self.url, self.bounds.header_size)

    def _feed(self, data: bytes) -> None:
        """Parse, and ignore offers of a protocol other than WebSocket.

        RFC 9110, section 7.8. The parser takes what follows for the other protocol.
        """
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if not self._ignores_upgrade():
                raise
            method, version = self.parser.get_method(), self.parser.get_http_version()
            head = without_upgrade(method, self.url, version, self.headers)
            self._feed(head + data[upgrade.args[0] :])

    def _ignores_upgrade(self) -> bool:
        return self.parser.should_upgrade() and not self._should_upgrade()

    def _should_upgrade(self) -> bool:
        """Return whether a WebSocket is opened.

        A request with a body cannot, nor one before whose response others are due.
        """
        can = self.parser.get_method() == b"GET" and not has_body(self.headers)
        return can and not self.is_busy and super()._should_upgrade()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header; drop a trailer, which might pass for a header."""
        if not self.in_head:
            return
        # Blanks around a value are no part of it (RFC 9110, section 5.5).
        super().on_header(name, value.strip(b" \t"))
        if len(self.headers) > MOST_HEADERS:
            raise RefusedRequestError(431, f"More than {MOST_HEADERS} headers")

    def on_headers_complete(self) -> None:
        """Start the request, if its head is valid."""
        self._check_head()
        if self._ignores_upgrade():
            return
        super().on_headers_complete()
        self.in_head = False
        self.unparsed = 0
        self.clock.stop()
        if self.expect_100_continue and self.is_busy:
            # A client that gets a final response first may never send the body.
            self.cycle.keep_alive = False

    def _check_head(self) -> None:
        version = self.parser.get_http_version()
        check_request_line(self.parser.get_method(), version)
        check_size(self.url, self.headers, self.bounds.header_size)
        check_host(version, self.headers)
        check_coding(self.headers)
        self.url = take_host(self.url, self.headers)
        if len(self.pipeline) >= MOST_PIPELINED:
            raise RefusedRequestError(503, "Too many requests at once")

    def on_body(self, body: bytes) -> None:
        """Pass on a part of the body."""
        self.unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body."""
        if not self._ignores_upgrade():
            self.in_head = True
            self.unparsed = 0
            super().on_message_complete()
