"""Columns of models that have a helper."""

from enum import StrEnum

import pytest
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import CreateTable

from app.domain.models.base import Base, enum_column


class Colour(StrEnum):
    """Its members are not called as its values are."""

    RED = "red"
    BLUE = "sky-blue"


LongColour = StrEnum("LongColour", {"GREEN": "g" * 20, "RED": "r" * 21})


class OtherBase(DeclarativeBase):
    """Tables that no test of the service's own sees, with the same names."""

    metadata = MetaData(naming_convention=Base.metadata.naming_convention)


class Paint(OtherBase):
    """A table with each kind of enum column."""

    __tablename__ = "paints"

    id: Mapped[int] = mapped_column(primary_key=True)
    colour: Mapped[Colour] = enum_column(Colour, server_default=Colour.RED)
    second: Mapped[Colour | None] = enum_column(Colour, name="second")
    long: Mapped[LongColour] = enum_column(LongColour, name="long")


@pytest.mark.parametrize(
    "part",
    [
        "colour VARCHAR(20) DEFAULT 'red' NOT NULL",
        "second VARCHAR(20), ",
        "long VARCHAR(40) NOT NULL",
        "CONSTRAINT ck_paints_colour CHECK (colour IN ('red', 'sky-blue'))",
        "CONSTRAINT ck_paints_second CHECK (second IN ('red', 'sky-blue'))",
    ],
)
def test_an_enum_column_holds_the_values_and_no_others(part: str) -> None:
    table = CreateTable(Paint.__table__)  # type: ignore[arg-type]
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    assert part in " ".join(str(table.compile(dialect=dialect)).split())
