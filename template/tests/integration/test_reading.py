"""Requests that read: GET and HEAD."""

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from app.core.database import DatabaseManager
from app.domain.models.user import User
from app.service.user_service import UserService
from tests.conftest import Headers

pytestmark = pytest.mark.integration


async def test_a_get_that_writes_is_a_500_and_writes_nothing(
    client: AsyncClient,
    as_admin: Headers,
    user: User,
    database: DatabaseManager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def rename(service: UserService, _: object) -> User:
        renamed = await service._repo.update_by_id(user.id, {"full_name": "Eve"})
        assert renamed
        return renamed

    monkeypatch.setattr(UserService, "get_user", rename)
    response = await client.get(f"/api/v1/users/{user.id}", headers=as_admin)
    assert response.status_code == 500
    async with database.reading() as session:
        names = await session.scalars(select(User.full_name))
        assert "Eve" not in names.all()


@pytest.mark.parametrize(
    "path", ["/users/me", "/users/{id}", "/users", "/users?search=exa", "/health/ready"]
)
async def test_head_returns_the_headers_of_get(
    client: AsyncClient, as_admin: Headers, admin: User, path: str
) -> None:
    path = f"/api/v1{path.format(id=admin.id)}"
    headers = as_admin | {"X-Request-ID": "abc"}
    get = await client.get(path, headers=headers)
    head = await client.head(path, headers=headers)
    assert get.status_code == 200
    assert (head.status_code, head.headers) == (get.status_code, get.headers)
    assert head.content == b""
    assert ("ETag" in head.headers) == path.endswith(("/me", str(admin.id)))
