"""The callers that `make routes` prints, compared with those that routes admit."""

import re
from uuid import uuid4

import pytest
from fastapi import FastAPI

from app.api.deps import WRONG_ROLE
from app.core.database import DatabaseManager
from app.domain.roles import Role
from scripts.routes import MOUNT, WEBSOCKET, Route, routes_of
from tests.clients import begin, knock
from tests.conftest import Headers, MakeUser, SignIn
from tests.integration.conftest import store

pytestmark = pytest.mark.integration

# A WebSocket closes with 1008, also for invalid parameters.
UNKNOWN, REFUSED = (401, 1008), (401, 403, 1008)
Answer = tuple[int, bytes]


async def test_each_route_admits_the_callers_that_make_routes_prints(
    fresh_app: FastAPI, elsewhere: DatabaseManager, make_user: MakeUser, sign_in: SignIn
) -> None:
    wrong = []
    for route in routes_of(fresh_app):
        if route.method == MOUNT:
            continue
        answers: dict[Role | None, Answer] = {None: await call(fresh_app, route, {})}
        for role in Role:
            # A new one each time: some routes delete the caller.
            caller = await store(elsewhere, make_user(role=role))
            answers[role] = await call(fresh_app, route, sign_in(caller))
        statuses = {str(role): status for role, (status, _) in answers.items()}
        if not agree(route, answers):
            wrong.append(f"{route.method} {route.path}: {route.callers}: {statuses}")
    assert not wrong, "\n".join(wrong)


def agree(route: Route, answers: dict[Role | None, Answer]) -> bool:
    """Return whether the right callers were refused: any other answer admits them."""
    if route.roles is None:
        # What else it requires, such as a signature, does not depend on the role.
        return len({status in REFUSED for status, _ in answers.values()}) == 1
    (anonymous, _), *_ = answers.values()
    refused = {role for role in Role if WRONG_ROLE.encode() in answers[role][1]}
    unknown = {role for role in Role if answers[role][0] == 401}
    return anonymous in UNKNOWN and not unknown and refused == {*Role} - route.roles


async def call(app: FastAPI, route: Route, headers: Headers) -> Answer:
    """Send an empty request for rows that do not exist."""
    path = re.sub(r"{\w+:(int|float)}", "0", route.path)
    path = re.sub(r"{[^}]+}", str(uuid4()), path)
    if route.method == WEBSOCKET:
        return await knock(app, path, headers)
    return await begin(app, path, headers, route.method)
