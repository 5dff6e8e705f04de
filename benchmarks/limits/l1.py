"""L1: Starlette and asyncpg with handwritten SQL, without authentication."""

import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

COLUMNS = "id, created_at, updated_at, email, full_name, role, is_active, email_verified_at, picture"
GET = f"SELECT {COLUMNS} FROM users WHERE id = $1"  # noqa: S608  # the columns are ours
LIST = f"SELECT {COLUMNS} FROM users WHERE deleted_at IS NULL ORDER BY created_at DESC LIMIT $1"  # noqa: S608  # the columns are ours
COUNT = "SELECT count(*) FROM users WHERE deleted_at IS NULL"
PATCH = f"UPDATE users SET full_name = $2, updated_at = now() WHERE id = $1 RETURNING {COLUMNS}"  # noqa: S608  # the columns are ours


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncGenerator[None]:
    """Keep a connection pool open while the application runs."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"]) as app.state.pool:
        yield


async def list_users(request: Request) -> Response:
    """List the newest users with the total."""
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(LIST, int(request.query_params.get("limit", 20)))
        total = await connection.fetchval(COUNT)
    return _answer({"items": [dict(row) for row in rows], "total": total})


async def get_user(request: Request) -> Response:
    """Get a user."""
    row = await request.app.state.pool.fetchrow(GET, UUID(request.path_params["id"]))
    return _answer(dict(row)) if row else Response(status_code=404)


async def update_user(request: Request) -> Response:
    """Update a user's name."""
    name = (await request.json())["full_name"]
    row = await request.app.state.pool.fetchrow(PATCH, UUID(request.path_params["id"]), name)
    return _answer(dict(row)) if row else Response(status_code=404)


def _answer(body: dict[str, Any]) -> Response:
    return Response(json.dumps(body, default=str), media_type="application/json")


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/users", list_users),
        Route("/users/{id}", get_user),
        Route("/users/{id}", update_user, methods=["PATCH"]),
    ],
)
