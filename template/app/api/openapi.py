"""The description of the API, where FastAPI's own would not be true."""

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

# What every route may answer, with the body that middleware/error_handler.py gives.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request will not do"},
    "5XX": {"model": ErrorResponse, "description": "The service failed"},
}

# For openapi_extra of a route, beside which tests and `make contract` read it: anyone
# may call it (an empty requirement, as OpenAPI has it) ...
PUBLIC: dict[str, Any] = {"security": [{}]}
# ... or its answer is given once and never stored, for it shows a secret.
NO_REPLAY: dict[str, Any] = {"x-no-replay": True}


def is_public(operation: Mapping[str, Any]) -> bool:
    """Tell whether a route is declared as `PUBLIC`."""
    return {} in operation.get("security", ())


def declines_key(operation: Mapping[str, Any]) -> bool:
    """Tell whether a POST is declared to take no Idempotency-Key."""
    return is_public(operation) or operation.items() >= NO_REPLAY.items()


def operation_ids(routers: Iterable[APIRouter]) -> Callable[[APIRoute], str]:
    """Return the function that names an operation as its handler, `list_users`.

    Where handlers of these routers share a name, the tag precedes it. So a generated
    client has the same names under any API_V1_PREFIX.
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
    """Describe errors by their media type, and the login by its whole path."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = describe()
            _describe_problems(schema)
            scheme = schema["components"]["securitySchemes"]["OAuth2PasswordBearer"]
            login = f"{settings.API_V1_PREFIX}/auth/login"
            scheme["flows"]["password"]["tokenUrl"] = login
        return describe()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _describe_problems(schema: dict[str, Any]) -> None:
    """Give each error its body, also where a route describes an error by words."""
    body = {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}
    for path in schema["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if status[0] in "45":
                    response["content"] = {PROBLEM_JSON: body}
