"""Settings of the database."""

from typing import Any, Literal, Self

from pydantic import Field, FilePath, SecretStr, model_validator
from sqlalchemy import URL

from app.core.settings.parameters import driver_arguments
from app.core.settings.postgres_url import make_url, parse_url
from app.core.settings.sources import SourcedSettings
from app.core.settings.types import Port, PostgresHost, PostgresUrl

TLS_MODES = {"off": "disable", "require": "require", "verify-full": "verify-full"}


class DatabaseSettings(SourcedSettings):
    """Settings of PostgreSQL: all that a migration needs."""

    DATABASE_URL: PostgresUrl | None = None
    DB_HOST: PostgresHost = "localhost"
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

    @model_validator(mode="after")
    def _has_certificates(self) -> Self:
        if self.DATABASE_URL is None:
            try:
                driver_arguments(self.database_url)
            except ValueError as error:
                raise ValueError(f"DB_SSL_CA: {error}") from error
        return self

    @property
    def database_url(self) -> URL:
        """The URL: DATABASE_URL if given, else built from DB_*."""
        if self.DATABASE_URL is not None:
            return parse_url(self.DATABASE_URL.get_secret_value())
        password = self.DB_PASSWORD
        tls = {"sslmode": TLS_MODES[self.DB_SSL]}
        if self.DB_SSL == "verify-full":
            tls["sslrootcert"] = str(self.DB_SSL_CA or "system")
        return make_url(
            self.DB_USER,
            password.get_secret_value() if password else None,
            [(self.DB_HOST, self.DB_PORT)],
            self.DB_NAME,
            tls,
        )

    @property
    def driver_arguments(self) -> dict[str, Any]:
        """The arguments of asyncpg for the parameters of the URL."""
        return driver_arguments(self.database_url)

    @property
    def has_pgbouncer(self) -> bool:
        """PgBouncer in between, by DB_PGBOUNCER or `pgbouncer=true` in the URL."""
        return self.DB_PGBOUNCER or self.database_url.query.get("pgbouncer") == "true"
