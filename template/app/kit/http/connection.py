"""Connections of the server, bounded in number and time."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.kit.http.bounds import Bounds, Clock
from app.kit.http.refusal import RefusedRequestError, refusal_response

# Seconds in which the client must read some of its response.
STALL = 30.0
# Seconds in which the client can read the reason of a refusal.
LINGER = 2.0


class BoundedConnection(HttpToolsProtocol):
    """Connection of a client that may be slow, idle or one of too many.

    Attributes:
        in_head: whether a request line or header is next, rather than a body.
        unparsed: bytes since a head or part of a body was complete.
        unread: bytes of responses that were not sent yet, when last looked at.
        refused: whether everything else that the client sends is dropped.
    """

    def __init__(self, *args: Any, bounds: Bounds, **options: Any) -> None:
        super().__init__(*args, **options)
        self.bounds = bounds
        self.clock = Clock(self.loop)
        self.stall_clock = Clock(self.loop)
        self.url = b""
        self.in_head = True
        self.unparsed = 0
        self.unread = 0
        self.refused = False

    @property
    def is_busy(self) -> bool:
        """Return whether a response is due."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: Any) -> None:
        """Wait for a request; with too many connections, close the most idle one."""
        super().connection_made(transport)
        self.wait(self.bounds.header_timeout)
        if len(self.connections) > self.bounds.connections:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        super().connection_lost(exc)
        self.clock.stop()
        self.stall_clock.stop()
        self.bounds.waiting.pop(self, None)

    def pause_writing(self) -> None:
        """Wait for the client to read, but not without a limit, as uvicorn does."""
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        """Continue with the response."""
        super().resume_writing()
        self.stall_clock.stop()

    def on_response_complete(self) -> None:
        """Wait for the next request, after the rest of this one."""
        super().on_response_complete()
        if not self.is_busy:
            self.stall_clock.stop()
            usual = self.timeout_keep_alive + self.bounds.header_timeout
            self.wait(STALL if self._note_unread() else usual)

    def handle_websocket_upgrade(self) -> None:
        """Open a WebSocket; uvicorn would not respond to an invalid request."""
        self.bounds.waiting.pop(self, None)
        super().handle_websocket_upgrade()
        socket = self.transport.get_protocol()
        if not getattr(socket, "handshake_initiated", True):
            error = RefusedRequestError(400, "Invalid WebSocket request")
            self.transport.write(self._response(error))
            self.transport.close()

    def wait(self, seconds: float) -> None:
        """Close the connection unless a request arrives in time."""
        self.bounds.waiting[self] = None
        self.clock.set(seconds, self._end_wait)

    def note_activity(self) -> None:
        """Put this connection behind the others that wait for their client."""
        self.bounds.waiting.pop(self, None)
        if not (self.is_busy and self.in_head):
            self.bounds.waiting[self] = None

    def _note_unread(self) -> int:
        self.unread = self.transport.get_write_buffer_size()
        return self.unread

    def _has_read(self) -> bool:
        """Return whether the client has read some of its responses meanwhile."""
        before = self.unread
        return self._note_unread() < before

    def _await_reader(self) -> None:
        self._note_unread()
        self.stall_clock.set(STALL, self._end_stall)

    def _end_stall(self) -> None:
        if self._has_read():
            self._await_reader()
        else:
            self.transport.abort()

    def _end_wait(self) -> None:
        has_begun = self.in_head and self.unparsed
        if self._has_read():
            self.wait(STALL)
        elif has_begun and not (self.refused or self.transport.is_closing()):
            self.refuse(RefusedRequestError(408, "The headers did not arrive in time"))
        else:
            self.transport.abort()

    def _make_room(self) -> None:
        """Close the connection whose client is silent longest, or refuse this one."""
        silent, _ = self.bounds.waiting.popitem(last=False)
        if silent is self:
            self.refuse(RefusedRequestError(503, "Too many connections"))
        else:
            silent.transport.abort()

    def refuse(self, error: RefusedRequestError) -> None:
        """Respond with an error, if it is this request's turn, and read no further."""
        self.refused = True
        if self.is_busy and self.in_head:
            # The requests before it get their responses.
            self.cycle.keep_alive = False
        elif self.in_head or self._is_unanswered():
            self._respond(error)
        else:
            self.transport.abort()

    def _is_unanswered(self) -> bool:
        """Return whether the request whose body arrives can get a response."""
        return self.is_busy and not (self.cycle.response_started or self.pipeline)

    def _respond(self, error: RefusedRequestError) -> None:
        if self.is_busy:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(self._response(error))
        # To close with bytes unread resets the connection, and the response is lost.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.wait(LINGER)

    def _response(self, error: RefusedRequestError) -> bytes:
        return refusal_response(error, self.server_state.default_headers)
