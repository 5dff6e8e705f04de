"""Error bodies."""

from collections.abc import Sequence
from http import HTTPStatus

PROBLEM_JSON = "application/problem+json"


def problem_details(
    status: int,
    *,
    instance: str,
    request_id: str,
    message: str | None = None,
    detail: str | None = None,
    errors: Sequence[dict[str, str]] = (),
) -> dict[str, object]:
    """Build problem details (RFC 9457); members without a value are omitted."""
    title = HTTPStatus(status).phrase
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail or message,
        "instance": instance,
        "message": message or title,
        "status_code": status,
        "request_id": request_id,
        "errors": list(errors),
    }
    return {name: value for name, value in body.items() if value}
