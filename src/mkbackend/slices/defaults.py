"""Validation of a field's default against its type. Pure."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from mkbackend.errors import BadInputError
from mkbackend.slices.fields import FORMS, LONGEST_STR, Field


def require_default(field: Field) -> None:
    """Raise BadInputError for a default that is not a valid value of the field."""
    default = str(field.default)
    try:
        fits = _FITS.get(field.type, _fits_text)(field, default)
    except (ValueError, InvalidOperation):
        fits = False
    if not fits:
        raise refuse(field, f"the default {default!r} is not a valid {field.type}.", FORMS[field.type])


def _fits_text(field: Field, default: str) -> bool:
    longest = field.length if field.type == "str" else LONGEST_STR
    return 0 < len(default) <= longest and default == default.strip() and default.isprintable()


def _fits_decimal(field: Field, default: str) -> bool:
    digits, places = map(int, field.args)
    part = f"(\\.\\d{{1,{places}}})?" if places else ""
    written = re.fullmatch(rf"-?(0|[1-9]\d*){part}", default, re.ASCII)
    return written is not None and abs(Decimal(default)) < 10 ** (digits - places)


def _fits_float(field: Field, default: str) -> bool:
    return re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", default, re.ASCII) is not None


def _fits_datetime(field: Field, default: str) -> bool:
    return datetime.fromisoformat(default).tzinfo is not None


_FITS: dict[str, Callable[[Field, str], bool]] = {
    "int": lambda field, default: is_number(default, -(2**31), 2**31 - 1),
    "bigint": lambda field, default: is_number(default, -(2**63), 2**63 - 1),
    "float": _fits_float,
    "decimal": _fits_decimal,
    "bool": lambda field, default: default in ("true", "false"),
    "date": lambda field, default: len(default) == 10 and bool(date.fromisoformat(default)),
    "datetime": _fits_datetime,
    "uuid": lambda field, default: str(UUID(default)) == default.lower(),
    "enum": lambda field, default: default in field.args,
}


def refuse(field: Field, why: str, hint: str = "") -> BadInputError:
    """Return the error for a field."""
    return BadInputError(f"{field.word}: {why}", hint)


def is_number(text: str, least: int, most: int) -> bool:
    """Return whether a text is an integer within limits."""
    return re.fullmatch(r"-?\d{1,19}", text, re.ASCII) is not None and least <= int(text) <= most
