"""ETag and If-Match (RFC 9110, section 13), against lost updates."""

from typing import Annotated, Any

from fastapi import Depends, Header, Response
from starlette.requests import HTTPConnection

from app.api.deps import get_settings
from app.core.exceptions import PreconditionRequiredException
from app.domain.models.base import BaseModel
from app.service.precondition import IfMatch

# For the `responses` of routes that send an ETag.
ETAG: dict[str, Any] = {
    "headers": {
        "ETag": {
            "description": "The version of the resource, for If-Match",
            "schema": {"type": "string"},
        }
    }
}


def with_etag[Row: BaseModel](response: Response, row: Row) -> Row:
    """Set the ETag of the response to the version of a row; return the row."""
    response.headers["ETag"] = f'"{row.version}"'
    return row


async def get_if_match(
    connection: HTTPConnection,
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=1000,
            description="The ETag of the version to change, or *",
        ),
    ] = None,
) -> IfMatch:
    """Return the versions in If-Match; None if any matches.

    Weak ETags (`W/"..."`) never match.

    Raises:
        PreconditionRequiredException: the header is required and missing.
    """
    settings = await get_settings(connection)
    if if_match is None and settings.REQUIRE_IF_MATCH:
        raise PreconditionRequiredException("If-Match is missing: send the ETag")
    if if_match is None or if_match.strip() == "*":
        return None
    tags = (tag.strip() for tag in if_match.split(","))
    return {tag[1:-1] for tag in tags if tag[:1] == tag[-1:] == '"'}


IfMatchDep = Annotated[IfMatch, Depends(get_if_match)]
