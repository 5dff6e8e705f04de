"""The description of the API, where FastAPI's own would not be true."""

from typing import Any

from fastapi import FastAPI

from app.core.config import Settings
from app.domain.schemas.common import ErrorResponse
from app.utils.response import PROBLEM_JSON

# What every route may answer, with the body that middleware/error_handler.py gives.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorResponse, "description": "The request will not do"},
    "5XX": {"model": ErrorResponse, "description": "The service failed"},
}


def setup_openapi(app: FastAPI, settings: Settings) -> None:
    """Describe errors by their media type, and the login by its whole path."""
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = describe()
            _say_problem_json(schema)
            scheme = schema["components"]["securitySchemes"]["OAuth2PasswordBearer"]
            login = f"{settings.API_V1_PREFIX}/auth/login"
            scheme["flows"]["password"]["tokenUrl"] = login
        return describe()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way


def _say_problem_json(schema: dict[str, Any]) -> None:
    for path in schema["paths"].values():
        for operation in path.values():
            for status in PROBLEMS:
                content = operation["responses"][status]["content"]
                content[PROBLEM_JSON] = content.pop("application/json")
