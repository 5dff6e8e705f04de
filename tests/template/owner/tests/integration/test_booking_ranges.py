"""Bookings filtered by their time of creation."""

from datetime import UTC, datetime

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conftest import Headers
from tests.slices.booking import add_booking

pytestmark = pytest.mark.integration
SECOND = {
    "created_at_gte": "2026-01-02T00:00:00Z",
    "created_at_lt": "2026-01-03T00:00:00Z",
}


async def test_bookings_of_a_day_are_found(
    client: AsyncClient, session: AsyncSession, as_admin: Headers
) -> None:
    made = [
        await add_booking(session, created_at=datetime(2026, 1, day, tzinfo=UTC))
        for day in (1, 2, 3)
    ]
    page = await client.get("/api/v1/bookings", params=SECOND, headers=as_admin)
    assert [item["id"] for item in page.json()["items"]] == [str(made[1].id)]
