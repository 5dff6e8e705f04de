"""OpenAPI schema, where FastAPI's own would be wrong."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from app.core.config import Settings
from app.domain.schemas.common import ErrorResponse
from app.utils.response import PROBLEM_JSON

# Error responses of every route, as middleware/error_handler.py sends them.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "Client error"},
    "5XX": {"model": ErrorResponse, "description": "Server error"},
}

# For `openapi_extra`, which tests and `make contract` read. Needs no sign-in, which
# OpenAPI writes as an empty requirement:
PUBLIC: dict[str, Any] = {"security": [{}]}
# The response has a secret and is never stored for a replay:
NO_REPLAY: dict[str, Any] = {"x-no-replay": True}


def is_public(operation: Mapping[str, Any]) -> bool:
    """Return whether a route is declared `PUBLIC`."""
    security = operation.get("security")
    return security is not None and (not security or {} in security)


def declines_key(operation: Mapping[str, Any]) -> bool:
    """Return whether a POST accepts no Idempotency-Key."""
    return is_public(operation) or operation.items() >= NO_REPLAY.items()


def operation_ids(routers: Iterable[APIRouter]) -> Callable[[APIRoute], str]:
    """Return a function that names operations after their handlers, `list_users`.

    If handlers of these routers share a name, the tag is prepended. Names in generated
    clients do not depend on API_V1_PREFIX.
    """
    routes = [route for router in routers for route in router.routes]
    names = Counter(route.name for route in routes if isinstance(route, APIRoute))

    def operation_id(route: APIRoute) -> str:
        if names[route.name] < 2 or not route.tags:
            return route.name
        tag = route.tags[0]
        words = tag.value if isinstance(tag, Enum) else tag
        return f"{re.sub(r'\W+', '_', words.lower())}_{route.name}"

    return operation_id


def setup_openapi(app: FastAPI, settings: Settings) -> None:
    """Correct the media type of errors, public routes and the URL of the login."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = describe()
            for path in schema["paths"].values():
                for operation in path.values():
                    _describe_problems(operation)
                    # Generated clients take an empty requirement for a sign-in.
                    if operation.get("security") == [{}]:
                        operation["security"] = []
            scheme = schema["components"]["securitySchemes"]["OAuth2PasswordBearer"]
            prefix = settings.ROOT_PATH + settings.API_V1_PREFIX
            scheme["flows"]["password"]["tokenUrl"] = f"{prefix}/auth/login"
        return describe()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _describe_problems(operation: dict[str, Any]) -> None:
    """Set the body of every error, also of those that a route describes."""
    body = {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}
    for status, response in operation["responses"].items():
        if status[0] in "45":
            response["content"] = {PROBLEM_JSON: body}
