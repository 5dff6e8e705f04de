"""Headers of a request."""

from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.types import Scope

from app.kit.http.headers import header

NAMES = st.sampled_from([b"host", b"origin", b"x-request-id"])
VALUES = st.binary(max_size=5)


@given(given_headers=st.lists(st.tuples(NAMES, VALUES)), name=NAMES)
def test_a_header_is_the_one_that_starlette_finds(
    given_headers: list[tuple[bytes, bytes]], name: bytes
) -> None:
    scope: Scope = {"type": "http", "headers": given_headers}
    expected = Headers(scope=scope).get(name.decode())
    found = header(scope, name)
    assert expected == (None if found is None else found.decode("latin-1"))
