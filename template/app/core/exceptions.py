"""Errors of the service, by kind. Each kind knows its HTTP status as a number."""

from typing import ClassVar


class AppException(Exception):
    """An error that the caller is told about.

    Args:
        message: what went wrong, for people.
        detail: what this caller may do about it.

    Attributes:
        keeps_changes: what the request wrote stands, though it is refused.
        retry_after: seconds after which the caller may try again.
        field: what of the request is at fault, as a path such as `query.cursor`.
    """

    status_code: ClassVar[int] = 500
    keeps_changes: bool = False
    retry_after: int | None = None
    field: str | None = None

    def __init__(
        self, message: str = "An error occurred", detail: str | None = None
    ) -> None:
        self.message = message
        self.detail = detail
        super().__init__(message)


class BadRequestException(AppException):
    """The request makes no sense."""

    status_code = 400

    def __init__(self, message: str = "Bad request", detail: str | None = None) -> None:
        super().__init__(message, detail)


class UnauthorizedException(AppException):
    """The caller has not shown who they are."""

    status_code = 401

    def __init__(self, message: str = "Unauthorized") -> None:
        super().__init__(message)


class ForbiddenException(AppException):
    """The caller may not do this."""

    status_code = 403

    def __init__(self, message: str = "Forbidden") -> None:
        super().__init__(message)


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

    def __init__(self, message: str = "Resource already exists") -> None:
        super().__init__(message)


class PreconditionFailedException(AppException):
    """The caller has seen an older state than the stored one."""

    status_code = 412

    def __init__(self, message: str = "It was changed in the meantime") -> None:
        super().__init__(message, "Get it again, and decide anew")


class UnsupportedMediaTypeException(AppException):
    """The content is of a type that is not taken."""

    status_code = 415

    def __init__(self, message: str = "Unsupported media type") -> None:
        super().__init__(message)


class InvalidInputException(AppException):
    """A part of the request that only the use case could judge will not do."""

    status_code = 422

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class PreconditionRequiredException(AppException):
    """The caller must say which state they have seen."""

    status_code = 428

    def __init__(self, message: str = "Precondition required") -> None:
        super().__init__(message)


class TooManyRequestsException(AppException):
    """The caller has tried too often."""

    status_code = 429

    def __init__(self, retry_after: int, message: str = "Too many attempts") -> None:
        super().__init__(message, f"Try again in {retry_after} seconds")
        self.retry_after = retry_after


class ServiceUnavailableException(AppException):
    """Something that the service needs is away for now."""

    status_code = 503

    def __init__(
        self, message: str = "Service unavailable", detail: str | None = None
    ) -> None:
        super().__init__(message, detail)
        self.retry_after = 5
