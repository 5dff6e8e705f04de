"""Settings: the only reader of the environment.

In order of precedence: environment variables, `.env`, files in `/run/secrets`,
`[tool.app]` in pyproject.toml, and the defaults below. No secret has a default.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import SettingsError

from app import __version__
from app.core.settings.database import DatabaseSettings
from app.core.settings.sources import SourcedSettings
from app.core.settings.types import (
    KEY_LENGTH,
    Hosts,
    Methods,
    Networks,
    Origins,
    Port,
    PublicUrl,
    RootPath,
    SigningKey,
    Words,
    is_weak,
)


class ConfigurationError(Exception):
    """Invalid settings; the message names each variable."""


class Settings(DatabaseSettings):
    """Settings of the service, with those of the database."""

    # Application
    PROJECT_NAME: str = "Backend API"
    PROJECT_DESCRIPTION: str = ""
    VERSION: str = __version__
    ENVIRONMENT: Literal["development", "test", "production"] = "production"
    DEBUG: bool = False
    API_V1_PREFIX: str = Field(default="/api/v1", pattern=r"^(/[\w.-]+)+$")

    # Server
    HOST: str = "127.0.0.1"
    PORT: Port = 8000
    WORKERS: int = Field(default=1, ge=1)
    RELOAD: bool = False
    # Seconds until the response to a request must start
    REQUEST_TIMEOUT: float = Field(default=30, gt=0)
    # Accepted Host headers, as `api.example.com` or `*.example.com`
    TRUSTED_HOSTS: Hosts = Field(default=["*"])
    # Addresses and networks whose X-Forwarded-For and -Proto are trusted
    TRUSTED_PROXIES: Networks = Field(default=["127.0.0.1"])
    # Path of the service at a proxy, which may remove it before it passes requests on
    ROOT_PATH: RootPath = ""
    # max-age of Strict-Transport-Security, sent over https only; 0: not sent
    HSTS_SECONDS: int = Field(default=31_536_000, ge=0)

    # Connections of a process; bytes of a request's headers, and seconds in which they
    # must arrive; seconds between two requests
    MAX_CONNECTIONS: int = Field(default=500, ge=1)
    MAX_HEADER_SIZE: int = Field(default=16 * 1024, ge=1024)
    HEADER_TIMEOUT: float = Field(default=10, gt=0)
    KEEP_ALIVE_TIMEOUT: int = Field(default=5, ge=1)

    # Requests and files, in bytes
    MAX_BODY_SIZE: int = Field(default=1024 * 1024, ge=1024)
    MAX_UPLOAD_SIZE: int = Field(default=10 * 1024 * 1024, ge=1024)
    UPLOAD_DIR: Path = Path("uploads")
    # Whether changes require If-Match
    REQUIRE_IF_MATCH: bool = False

    # JWT
    JWT_SECRET_KEY: SigningKey
    JWT_REFRESH_SECRET_KEY: SigningKey
    # Previous or next keys: they verify, but do not sign
    JWT_SECRET_KEY_OLD: SigningKey | None = None
    JWT_REFRESH_SECRET_KEY_OLD: SigningKey | None = None
    JWT_ALGORITHM: Literal["HS256", "HS384", "HS512"] = "HS256"
    JWT_ISSUER: str = "app"
    JWT_AUDIENCE: str = "app"
    JWT_ACCESS_TOKEN_EXPIRE_MINUTES: int = Field(default=15, ge=1)
    JWT_REFRESH_TOKEN_EXPIRE_DAYS: int = Field(default=7, ge=1)
    # Seconds in which the refresh token exchanged last returns its successor again
    JWT_REFRESH_GRACE_SECONDS: int = Field(default=10, ge=0, le=60)
    # Days after which a session ends, however often it was refreshed
    SESSION_EXPIRE_DAYS: int = Field(default=30, ge=1, le=3650)

    # Accounts
    REGISTRATION_ENABLED: bool = True
    PUBLIC_URL: PublicUrl = "http://localhost:3000"
    VERIFY_EMAIL_EXPIRE_HOURS: int = Field(default=24, ge=1)
    RESET_PASSWORD_EXPIRE_MINUTES: int = Field(default=30, ge=1)
    # Multiplies all rate limits
    RATE_LIMIT_FACTOR: int = Field(default=1, ge=1)
    AUDIT_RETENTION_DAYS: int = Field(default=365, ge=1)

    # Argon2id; the defaults are OWASP's minimum, and the lowest accepted
    ARGON2_MEMORY_KIB: int = Field(default=19456, ge=19456)
    ARGON2_PASSES: int = Field(default=2, ge=2)
    ARGON2_LANES: int = Field(default=1, ge=1)
    # Logins and other requests that may wait for a password to be hashed
    HASH_QUEUE_SIZE: int = Field(default=400, ge=1)

    # Jobs: concurrency of a worker; days to keep finished and failed jobs
    JOBS_AT_ONCE: int = Field(default=10, ge=2)
    JOBS_IN_API: bool = False
    # File that a running worker touches, for probes
    JOBS_ALIVE_FILE: Path | None = None
    JOB_RETENTION_DAYS: int = Field(default=30, ge=1)

    # Mail: logged if SMTP_HOST is missing, which production refuses
    SMTP_HOST: str | None = None
    SMTP_PORT: Port = 587
    SMTP_USER: str | None = None
    SMTP_PASSWORD: SecretStr | None = None
    SMTP_TLS: Literal["off", "starttls", "tls"] = "starttls"
    # Whether the server offers SMTPUTF8: takes more than ASCII before the @
    SMTP_UTF8: bool = False
    MAIL_FROM: str = "noreply@localhost"

    # CORS: JSON lists, or comma-separated words
    CORS_ORIGINS: Origins = Field(default=["http://localhost:3000"])
    CORS_ALLOW_CREDENTIALS: bool = True
    CORS_ALLOW_METHODS: Methods = Field(
        default=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    )
    CORS_ALLOW_HEADERS: Words = Field(default=["*"])

    # Logging
    LOG_LEVEL: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    LOG_FORMAT: Literal["json", "text"] = "json"

    @model_validator(mode="after")
    def _keys_fit(self) -> Self:
        length = KEY_LENGTH[self.JWT_ALGORITHM]
        access = {self.JWT_SECRET_KEY, self.JWT_SECRET_KEY_OLD} - {None}
        refresh = {self.JWT_REFRESH_SECRET_KEY, self.JWT_REFRESH_SECRET_KEY_OLD} - {
            None
        }
        if any(len(key) < length for key in access | refresh if key):
            raise ValueError(f"JWT_ALGORITHM: keys need at least {length} characters")
        if access & refresh:
            raise ValueError("JWT_REFRESH_SECRET_KEY must differ from JWT_SECRET_KEY")
        return self

    @model_validator(mode="after")
    def _cors_is_safe(self) -> Self:
        if self.CORS_ALLOW_CREDENTIALS and "*" in self.CORS_ORIGINS:
            raise ValueError(
                "CORS_ORIGINS: '*' lets every site act for a signed-in user; list the "
                "origins, or set CORS_ALLOW_CREDENTIALS=false"
            )
        return self

    @model_validator(mode="after")
    def _production_is_safe(self) -> Self:
        if self.ENVIRONMENT != "production":
            return self
        for name in ("DEBUG", "RELOAD"):
            if getattr(self, name):
                raise ValueError(f"{name} must be false if ENVIRONMENT=production")
        if self.DATABASE_URL is None and is_weak(self.DB_PASSWORD, length=12):
            raise ValueError("DB_PASSWORD is weak: use at least 12 random characters")
        if self.SMTP_HOST is None:
            raise ValueError("SMTP_HOST is missing: without it, mail goes to the log")
        if not self.PUBLIC_URL.startswith("https://"):
            raise ValueError("PUBLIC_URL must be https:// if ENVIRONMENT=production")
        return self


def get_settings() -> Settings:
    """Read the settings.

    Raises:
        ConfigurationError: a variable is missing or invalid.
    """
    return read_all([Settings])[0]


def read_all[Kind: SourcedSettings](kinds: Iterable[type[Kind]]) -> list[Kind]:
    """Read settings of several classes.

    Raises:
        ConfigurationError: variables are missing or invalid; the message names all.
    """
    read, problems = [], []
    for kind in kinds:
        try:
            read.append(kind())
        except ValidationError as error:
            problems += _explain(error)
        except SettingsError as error:
            # A file exists but cannot be read.
            problems.append(": ".join(map(str, filter(None, (error, error.__cause__)))))
    if problems:
        # Classes may share a variable.
        lines = ["Invalid settings:", *dict.fromkeys(problems)]
        raise ConfigurationError("\n  ".join(lines))
    return read


def _explain(error: ValidationError) -> list[str]:
    return [
        ": ".join([*map(str, problem["loc"]), problem["msg"]]).replace(
            "Value error, ", ""
        )
        for problem in error.errors(include_url=False, include_input=False)
    ]
