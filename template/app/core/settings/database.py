"""Settings of the database."""

from typing import Literal, Self

from pydantic import Field, FilePath, SecretStr, model_validator
from sqlalchemy import URL

from app.core.settings.sources import SourcedSettings
from app.core.settings.types import Port, PostgresUrl, asyncpg_url


class DatabaseSettings(SourcedSettings):
    """Settings of PostgreSQL: all that a migration needs."""

    DATABASE_URL: PostgresUrl | None = None
    DB_HOST: str = "localhost"
    DB_PORT: Port = 5432
    DB_USER: str = "postgres"
    DB_PASSWORD: SecretStr | None = None
    DB_NAME: str = "app"
    DB_SSL: Literal["off", "require", "verify-full"] = "off"
    DB_SSL_CA: FilePath | None = None
    DB_ECHO: bool = False
    DB_POOL_SIZE: int = Field(default=20, ge=1)
    DB_MAX_OVERFLOW: int = Field(default=10, ge=0)
    # Seconds to connect, to wait for a pooled connection, for a statement (0: no limit)
    DB_CONNECT_TIMEOUT: float = Field(default=5, gt=0)
    DB_POOL_TIMEOUT: float = Field(default=10, gt=0)
    DB_STATEMENT_TIMEOUT: float = Field(default=10, ge=0)
    # Whether connections go through PgBouncer in transaction mode
    DB_PGBOUNCER: bool = False
    # Seconds of a migration: to wait for a lock, and for one statement
    MIGRATION_LOCK_TIMEOUT: float = Field(default=5, ge=0.1)
    MIGRATION_STATEMENT_TIMEOUT: float = Field(default=60, ge=0)

    @model_validator(mode="after")
    def _has_a_password(self) -> Self:
        if self.DATABASE_URL is None and self.DB_PASSWORD is None:
            raise ValueError("DB_PASSWORD is missing: set it, or DATABASE_URL")
        return self

    @property
    def database_url(self) -> URL:
        """The URL for SQLAlchemy: DATABASE_URL if given, else built from DB_*."""
        if self.DATABASE_URL is not None:
            return asyncpg_url(self.DATABASE_URL.get_secret_value())
        password = self.DB_PASSWORD
        return URL.create(
            "postgresql+asyncpg",
            username=self.DB_USER,
            password=password.get_secret_value() if password else None,
            host=self.DB_HOST,
            port=self.DB_PORT,
            database=self.DB_NAME,
        )
