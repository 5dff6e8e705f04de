"""Dates and times."""

from datetime import UTC, date, datetime

from mkbackend.slices.types.base import FieldType


class Date(FieldType):
    """A date."""

    type = "date"
    syntax = "date"
    has_range = True
    python = "date"
    sql = "Date()"
    is_derived = True
    indexable = True
    request = "Day"
    example = "date(2026, 1, 1) + timedelta(days=number)"
    wrong_values = ("0", '"2026-02-30"', '"2026-01-01T00:00:00Z"')

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid."""
        return len(default) == 10 and bool(date.fromisoformat(default))

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        return f'date.fromisoformat("{text}")'


class DateTime(FieldType):
    """A moment, with time zone."""

    type = "datetime"
    syntax = "datetime: with time zone"
    has_range = True
    python = "datetime"
    sql = "DateTime(timezone=True)"
    is_derived = True
    indexable = True
    request = "Moment"
    example = "datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)"
    wrong_values = ("0", '"2026-01-01T00:00:00"')

    def accepts(self, default: str) -> bool:
        """Return whether a default is valid."""
        return datetime.fromisoformat(default).tzinfo is not None

    def default_source(self, text: str) -> str:
        """Return a default in Python."""
        return f'datetime.fromisoformat("{self.default_in_sql(text)}")'

    def default_in_sql(self, text: str) -> str:
        """Return a default in UTC."""
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
