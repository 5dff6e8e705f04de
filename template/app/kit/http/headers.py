"""Headers of a request in the form of ASGI: bytes, with names in lower case."""

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first value of a header, without decoding the others."""
    for each, value in scope["headers"]:
        if each == name:
            found: bytes = value
            return found
    return None
