"""Signed cursors of lists."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from app.core.exceptions import InvalidInputException
from app.kit.signer import Signer
from app.utils.pagination import Position

# Increment it when the format below changes: older cursors are then rejected.
VERSION = "1"
SIGNATURE_LENGTH = 32


class CursorService:
    """Cursors, signed so that clients cannot forge them.

    A cursor is bound to a `scope`: one list with its order and filters.
    """

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def write(self, end: Position | None, scope: str) -> str | None:
        """Return the cursor of a position; None at the end of the list."""
        if end is None:
            return None
        place = json.dumps([end.value, str(end.id)]).encode()
        return urlsafe_b64encode(
            self._signer.sign(_bound(place, scope)) + place
        ).decode()

    def read(self, cursor: str | None, scope: str) -> Position | None:
        """Return the position of a cursor.

        Raises:
            InvalidInputException: the cursor is altered or of another scope.
        """
        if cursor is None:
            return None
        try:
            raw = urlsafe_b64decode(cursor.encode())
        except ValueError:
            raw = b""
        signature, place = raw[:SIGNATURE_LENGTH], raw[SIGNATURE_LENGTH:]
        if not self._signer.verify(_bound(place, scope), signature):
            raise InvalidInputException(
                "query.cursor",
                "The cursor is invalid for this list, order and filters",
            )
        value, id = json.loads(place)
        return Position(value, UUID(id))


def _bound(place: bytes, scope: str) -> bytes:
    return b"\n".join((VERSION.encode(), scope.encode(), place))
