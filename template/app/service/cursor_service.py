"""Places in lists, as callers get to see them."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from app.core.exceptions import InvalidInputException
from app.kit.signer import Signer
from app.utils.pagination import Position

# Raised when the form below changes: cursors of before are refused then.
VERSION = "1"
SIGNATURE_LENGTH = 32


class CursorService:
    """Makes and reads cursors: signed, so that only ours are followed.

    A cursor belongs to a `scope`: one list, its order and its filters.
    """

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def write(self, end: Position | None, scope: str) -> str | None:
        """Make the cursor of a place; there is none where the list ends."""
        if end is None:
            return None
        place = json.dumps([end.value, str(end.id)]).encode()
        return urlsafe_b64encode(
            self._signer.sign(_bound(place, scope)) + place
        ).decode()

    def read(self, cursor: str | None, scope: str) -> Position | None:
        """Give the place of a cursor.

        Raises:
            InvalidInputException: it is altered, of another list, order or filter.
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
                "query.cursor", "The cursor is not of this list, order and filter"
            )
        value, id = json.loads(place)
        return Position(value, UUID(id))


def _bound(place: bytes, scope: str) -> bytes:
    return b"\n".join((VERSION.encode(), scope.encode(), place))
