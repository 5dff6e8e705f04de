"""Exceptions and their default messages."""

import pytest

from app.core.exceptions import (
    AppException,
    BadRequestException,
    ConflictException,
    ForbiddenException,
    NotFoundException,
    PreconditionFailedException,
    PreconditionRequiredException,
    ServiceUnavailableException,
    TooManyRequestsException,
    UnauthorizedException,
    UnsupportedMediaTypeException,
)


class PaymentRequiredException(AppException):
    """An exception that an owner adds."""

    status_code = 402
    message = "Payment required"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (AppException, "An error occurred"),
        (BadRequestException, "Bad request"),
        (UnauthorizedException, "Unauthorized"),
        (PaymentRequiredException, "Payment required"),
        (ForbiddenException, "Forbidden"),
        (ConflictException, "Resource already exists"),
        (PreconditionFailedException, "The resource has changed"),
        (UnsupportedMediaTypeException, "Unsupported media type"),
        (PreconditionRequiredException, "Precondition required"),
        (ServiceUnavailableException, "Service unavailable"),
    ],
)
def test_an_exception_has_a_default_message(
    kind: type[AppException], message: str
) -> None:
    assert (kind().message, str(kind())) == (message, message)
    given = kind("Something else", "Do this")
    assert (given.message, str(given)) == ("Something else", "Something else")
    assert given.detail == "Do this"
    # The message of one error does not change the default.
    assert kind().message == message


def test_not_found_names_the_resource_and_its_id_if_known() -> None:
    assert str(NotFoundException()) == "Resource not found"
    assert str(NotFoundException("Book")) == "Book not found"
    assert str(NotFoundException("Book", 0)) == "Book with id '0' not found"


def test_retry_after_is_given_as_text_and_number() -> None:
    error = TooManyRequestsException(30)
    assert str(error) == "Too many attempts"
    assert (error.detail, error.retry_after) == ("Try again in 30 seconds", 30)
    assert ServiceUnavailableException("Away").retry_after == 5


def test_a_lost_update_names_the_fix() -> None:
    assert PreconditionFailedException().detail == "Get it again, then retry"
