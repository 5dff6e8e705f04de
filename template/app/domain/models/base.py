"""Base classes of the tables."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import DateTime, Enum, MetaData, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Base(DeclarativeBase):
    """The registry of tables. Constraints have predictable names."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True)}


class BaseModel(Base):
    """A table with an id, timestamps and soft delete."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4, sort_order=-1)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    # Increases with each change, even within a microsecond or after a clock reset: each
    # state of a row needs its own version.
    updated_at: Mapped[datetime] = mapped_column(
        server_default=func.now(),
        onupdate=text("greatest(now(), updated_at + interval '1 microsecond')"),
    )
    deleted_at: Mapped[datetime | None]

    @property
    def version(self) -> str:
        """Return the version for ETags, which differs after each change."""
        return f"{(self.updated_at - EPOCH) // timedelta(microseconds=1):x}"

    @property
    def is_deleted(self) -> bool:
        """Return whether the row is soft-deleted."""
        return self.deleted_at is not None


def enum_column[Value: StrEnum](
    enum: type[Value],
    *,
    name: str | None = None,
    column: str | None = None,
    **options: Any,
) -> MappedColumn[Value]:
    """Return a text column for the values of an enum, with a CHECK constraint.

    Its length is that of the longest value, rounded up to a multiple of 20.

    Args:
        enum: the allowed values.
        name: the end of the constraint's name, `ck_<table>_<name>`; the default is the
            enum's name in lower case.
        column: the name in the table; the default is that of the attribute.
        options: passed to `mapped_column`.
    """
    values = [value.value for value in enum]
    stored = Enum(
        enum,
        name=name or enum.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=20 * -(-max(map(len, values)) // 20),
        values_callable=lambda _: values,
    )
    return mapped_column(column, stored, **options)
