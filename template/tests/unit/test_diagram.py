"""The diagram of the tables."""

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.domain.models.base import Base
from scripts.diagram import PATH, draw

# By lines: references of one or none, by one or many; a table that only joins.
EXPECTED = """\
    "books" {
        integer id PK
        varchar(20) isbn UK
        varchar(40)[] tags
        numeric(10-2) price UK "null"
        text shelf "unique with place"
        integer place "unique with shelf"
        integer next_id FK "null"
    }
    "covers" {
        integer book_id PK, FK
        timestamptz printed_at
        timestamp _2nd_at "null"
    }
    "people" {
        integer id PK
    }
    "people" }o--o{ "books" : "authors"
    "books" |o--o{ "books" : "next_id"
    "books" ||--o| "covers" : "book_id"
"""


def test_the_diagram_is_current() -> None:
    """A project without docs/diagram.md needs none."""
    drawn = draw(Base.metadata)
    current = not PATH.exists() or PATH.read_text(encoding="utf-8") == drawn
    assert current, "docs/diagram.md does not show the models: make diagram"


def test_it_shows_types_keys_and_references() -> None:
    metadata = MetaData()
    Table("people", metadata, Column("id", Integer, primary_key=True))
    Table(
        "covers",
        metadata,
        Column("book_id", ForeignKey("books.id"), primary_key=True),
        Column("printed_at", DateTime(timezone=True), nullable=False),
        Column("2nd_at", DateTime),
    )
    books = Table(
        "books",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("isbn", String(20), nullable=False),
        Column("tags", ARRAY(String(40)), nullable=False),
        Column("price", Numeric(10, 2), unique=True),
        Column("shelf", Text(collation="C"), nullable=False),
        Column("place", Integer, nullable=False),
        Column("next_id", ForeignKey("books.id"), index=True),
        UniqueConstraint("shelf", "place"),
    )
    alive, some = text("deleted_at IS NULL"), text("price > 100")
    Index("uq_books_isbn", books.c.isbn, unique=True, postgresql_where=alive)
    Index("uq_books_place", books.c.place, unique=True, postgresql_where=some)
    Table(
        "authors",
        metadata,
        Column("book_id", ForeignKey("books.id"), primary_key=True),
        Column("author_id", ForeignKey("people.id"), primary_key=True),
    )
    assert draw(metadata).endswith(f"erDiagram\n{EXPECTED}```\n")


def test_a_join_with_a_column_of_its_own_is_a_table() -> None:
    metadata = MetaData()
    Table("books", metadata, Column("id", Integer, primary_key=True))
    Table(
        "pairs",
        metadata,
        Column("one_id", ForeignKey("books.id"), primary_key=True),
        Column("other_id", ForeignKey("books.id"), primary_key=True),
        Column("rank", Integer),
    )
    assert '    "pairs" {\n        integer one_id PK, FK\n' in draw(metadata)
