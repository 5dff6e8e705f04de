"""Descriptions of small APIs, as FastAPI writes them."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Body, FastAPI, Query
from pydantic import BaseModel, ConfigDict, create_model

# The type of each field; in a pair, with its default.
Fields = dict[str, Any]
# What changes, how it was, how it is, and the changes that break clients.
Rows = list[tuple[str, dict[str, Any], dict[str, Any], list[str]]]


def model(name: str, fields: Fields, *, strict: bool = False) -> type[BaseModel]:
    """Return a schema with these fields."""
    pairs: Any = {k: v if isinstance(v, tuple) else (v, ...) for k, v in fields.items()}
    config: ConfigDict = {"extra": "forbid"} if strict else {}
    made: type[BaseModel] = create_model(name, __config__=config, **pairs)
    return made


def api(
    *,
    takes: Fields | None = None,
    query: Fields | None = None,
    returns: Fields | None = None,
    path: str = "/books/{id}",
    method: str = "POST",
    status: int = 201,
    name: str = "create_book",
    schema: str = "BookCreate",
    also: Sequence[str] = (),
    optional_body: bool = False,
    strict: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Return the description of an API with one route, as FastAPI writes it."""
    body = model(schema, takes or {"title": str}, strict=strict)
    parameters = model("Parameters", query or {})
    book = model("Book", returns or {"id": int})

    async def route(data: Any, parameters: Any) -> None: ...

    hint: Any = body | None if optional_body else body
    route.__annotations__ = {
        "data": Annotated[hint, Body()],
        "parameters": Annotated[parameters, Query()],
    }
    if optional_body:
        route.__defaults__ = (None, ...)
    app = FastAPI(generate_unique_id_function=lambda route: route.name)
    app.add_api_route(
        path,
        route,
        methods=[method],
        status_code=status,
        name=name,
        **{"response_model": book} | options,
    )
    for other in also:
        app.add_api_route(other, lambda: None, name=other)
    return app.openapi()
