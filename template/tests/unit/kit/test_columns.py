"""Helpers for the columns of models."""

from enum import StrEnum

import pytest
from sqlalchemy import MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import CreateTable

from app.domain.models.base import Base, enum_column


class Colour(StrEnum):
    """An enum whose names differ from its values."""

    RED = "red"
    BLUE = "sky-blue"


LongColour = StrEnum("LongColour", {"GREEN": "g" * 20, "RED": "r" * 21})


class OtherBase(DeclarativeBase):
    """Tables apart from the service's, with the same naming convention."""

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
def test_an_enum_column_is_constrained_to_its_values(part: str) -> None:
    table = CreateTable(Paint.__table__)  # type: ignore[arg-type]  # it is a Table
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
    assert part in " ".join(str(table.compile(dialect=dialect)).split())
