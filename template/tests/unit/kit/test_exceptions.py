"""Errors by kind: the message of each stands on its class."""

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
    """A kind of an owner's."""

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
def test_a_kind_has_a_message_of_its_own_unless_one_is_given(
    kind: type[AppException], message: str
) -> None:
    assert (kind().message, str(kind())) == (message, message)
    given = kind("Something else", "Do this")
    assert (given.message, str(given)) == ("Something else", "Something else")
    assert given.detail == "Do this"
    # What one error says is no default of the next.
    assert kind().message == message


def test_what_is_not_found_is_named_as_far_as_it_is_known() -> None:
    assert str(NotFoundException()) == "Resource not found"
    assert str(NotFoundException("Book")) == "Book not found"
    assert str(NotFoundException("Book", 0)) == "Book with id '0' not found"


def test_a_pause_is_said_in_words_and_as_a_number() -> None:
    error = TooManyRequestsException(30)
    assert str(error) == "Too many attempts"
    assert (error.detail, error.retry_after) == ("Try again in 30 seconds", 30)
    assert ServiceUnavailableException("Away").retry_after == 5


def test_a_lost_update_says_what_to_do() -> None:
    assert PreconditionFailedException().detail == "Get it again, then retry"
