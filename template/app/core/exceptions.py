"""Errors of the service, each with its HTTP status."""

from collections.abc import Awaitable, Callable
from typing import ClassVar, Self


class AppException(Exception):
    """Base class of errors that the caller sees.

    A new kind is a class with a `status_code` and a `message`; it needs no constructor.

    Attributes:
        message: the problem, for people; the class has the default.
        detail: the cause, or the caller's remedy.
        remembered: writes after the rollback, committed in a new transaction.
        retry_after: seconds after which the caller may retry.
        field: the invalid part of the request, as a path such as `query.cursor`.
    """

    status_code: ClassVar[int] = 500
    message: str = "An error occurred"
    detail: str | None = None
    remembered: tuple[Callable[[], Awaitable[object]], ...] = ()
    retry_after: int | None = None
    field: str | None = None

    def __init__(self, message: str | None = None, detail: str | None = None) -> None:
        self.message = self.message if message is None else message
        self.detail = self.detail if detail is None else detail
        super().__init__(self.message)

    def remembering(self, *actions: Callable[[], Awaitable[object]]) -> Self:
        """Commit these writes although the request is rolled back.

        They run in a new transaction. Pass ids, not rows: the rollback expires rows.
        """
        self.remembered += actions
        return self


class BadRequestException(AppException):
    """Request that cannot be fulfilled."""

    status_code = 400
    message = "Bad request"


class UnauthorizedException(AppException):
    """Missing or invalid credentials."""

    status_code = 401
    message = "Unauthorized"


class ForbiddenException(AppException):
    """Missing permission."""

    status_code = 403
    message = "Forbidden"


class NotFoundException(AppException):
    """Missing resource."""

    status_code = 404

    def __init__(
        self, resource: str = "Resource", identifier: object | None = None
    ) -> None:
        which = "" if identifier is None else f" with id '{identifier}'"
        super().__init__(f"{resource}{which} not found")


class ConflictException(AppException):
    """Conflict with stored data."""

    status_code = 409
    message = "Resource already exists"


class PreconditionFailedException(AppException):
    """Change to an outdated version of a resource."""

    status_code = 412
    message = "The resource has changed"
    detail = "Get it again, then retry"


class UnsupportedMediaTypeException(AppException):
    """Unsupported type of content."""

    status_code = 415
    message = "Unsupported media type"


class InvalidInputException(AppException):
    """Invalid input that only the use case can detect."""

    status_code = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class PreconditionRequiredException(AppException):
    """Missing If-Match."""

    status_code = 428
    message = "Precondition required"


class TooManyRequestsException(AppException):
    """Exceeded rate limit."""

    status_code = 429
    message = "Too many attempts"

    def __init__(self, retry_after: int, message: str | None = None) -> None:
        super().__init__(message, f"Try again in {retry_after} seconds")
        self.retry_after = retry_after


class ServiceUnavailableException(AppException):
    """Temporarily unavailable dependency of the service."""

    status_code = 503
    message = "Service unavailable"
    retry_after = 5
