"""Memory of a request, which no garbage collection has to free: each delays others."""

import gc
from collections.abc import Iterator

import pytest
from httpx import AsyncClient

from app.container import RequestScope
from tests.conftest import Headers

pytestmark = pytest.mark.integration


@pytest.fixture
def disabled() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _scopes() -> int:
    return sum(type(one) is RequestScope for one in gc.get_objects())


@pytest.mark.usefixtures("disabled")
async def test_a_scope_is_freed_at_the_end_of_its_request(
    client: AsyncClient, as_admin: Headers
) -> None:
    before = _scopes()
    response = await client.get("/api/v1/users/me", headers=as_admin)
    assert response.status_code == 200
    assert _scopes() == before
