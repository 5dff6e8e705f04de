"""Errors of the service, by kind. Each kind knows its HTTP status as a number."""

from collections.abc import Awaitable, Callable
from typing import ClassVar, Self


class AppException(Exception):
    """An error that the caller is told about.

    A new kind is a class with a `status_code` and a `message`; it needs no constructor.

    Attributes:
        message: what went wrong, for people; the class has the default.
        detail: what this caller may do about it.
        remembered: what is written after the rollback, in a transaction of its own.
        retry_after: seconds after which the caller may try again.
        field: what of the request is at fault, as a path such as `query.cursor`.
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
        """Have writes made and committed, although the request is rolled back.

        They run in a new transaction. Pass ids, no rows: the rollback expires rows.
        """
        self.remembered += actions
        return self


class BadRequestException(AppException):
    """The request makes no sense."""

    status_code = 400
    message = "Bad request"


class UnauthorizedException(AppException):
    """The caller has not shown who they are."""

    status_code = 401
    message = "Unauthorized"


class ForbiddenException(AppException):
    """The caller may not do this."""

    status_code = 403
    message = "Forbidden"


class NotFoundException(AppException):
    """There is no such thing, or no longer."""

    status_code = 404

    def __init__(
        self, resource: str = "Resource", identifier: object | None = None
    ) -> None:
        which = "" if identifier is None else f" with id '{identifier}'"
        super().__init__(f"{resource}{which} not found")


class ConflictException(AppException):
    """The request does not fit what is stored."""

    status_code = 409
    message = "Resource already exists"


class PreconditionFailedException(AppException):
    """The caller has seen an older state than the stored one."""

    status_code = 412
    message = "It was changed in the meantime"
    detail = "Get it again, and decide anew"


class UnsupportedMediaTypeException(AppException):
    """The content is of a type that is not taken."""

    status_code = 415
    message = "Unsupported media type"


class InvalidInputException(AppException):
    """A part of the request that only the use case could judge will not do."""

    status_code = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class PreconditionRequiredException(AppException):
    """The caller must say which state they have seen."""

    status_code = 428
    message = "Precondition required"


class TooManyRequestsException(AppException):
    """The caller has tried too often."""

    status_code = 429
    message = "Too many attempts"

    def __init__(self, retry_after: int, message: str | None = None) -> None:
        super().__init__(message, f"Try again in {retry_after} seconds")
        self.retry_after = retry_after


class ServiceUnavailableException(AppException):
    """Something that the service needs is away for now."""

    status_code = 503
    message = "Service unavailable"
    retry_after = 5
