"""What the values of settings may be."""

import json
import re
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

# A key is as long as the digest, or longer (RFC 7518, section 3.2).
KEY_LENGTH = {"HS256": 32, "HS384": 48, "HS512": 64}
HOST = re.compile(r"\*|(\*\.)?[\w-]+(\.[\w-]+)*|\[[\da-fA-F:.]+\]")
PLACEHOLDERS = ("change", "secret", "password", "example", "postgres")


def is_weak(secret: SecretStr | None, *, length: int) -> bool:
    """Tell a secret that can be guessed: short, monotonous, or a placeholder."""
    value = secret.get_secret_value() if secret else ""
    return (
        len(value) < length
        or len(set(value)) < 8
        or any(word in value.lower() for word in PLACEHOLDERS)
    )


def asyncpg_url(text: str) -> URL:
    """Read a URL as hosts hand it out: any PostgreSQL scheme, and `sslmode`.

    Raises:
        ValueError: it is no URL of PostgreSQL.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("is not of the form postgresql://user:password@host:5432/name")
    query = {("ssl" if k == "sslmode" else k): v for k, v in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)


def _words(value: object) -> object:
    """Read a list as JSON, or as words with commas between."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [word.strip() for word in value.split(",") if word.strip()]


def _strong(value: SecretStr) -> SecretStr:
    if is_weak(value, length=min(KEY_LENGTH.values())):
        raise ValueError("is weak: give 32 random characters or more")
    return value


def _of_postgresql(value: SecretStr) -> SecretStr:
    asyncpg_url(value.get_secret_value())
    return value


def _hosts(values: list[str]) -> list[str]:
    for value in values:
        if not HOST.fullmatch(value):
            raise ValueError(f"{value!r} is neither a name, nor *.a.name, nor *")
    return values


def _networks(values: list[str]) -> list[str]:
    for value in values:
        if value != "*":
            ip_network(value, strict=False)
    return values


def _without_end_slash(value: str) -> str:
    return value.rstrip("/")


Port = Annotated[int, Field(ge=1, le=65535)]
PostgresUrl = Annotated[SecretStr, AfterValidator(_of_postgresql)]
PublicUrl = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$"),
    AfterValidator(_without_end_slash),
]
SigningKey = Annotated[SecretStr, AfterValidator(_strong)]
Words = Annotated[list[str], NoDecode, BeforeValidator(_words)]
Hosts = Annotated[Words, AfterValidator(_hosts)]
Networks = Annotated[Words, AfterValidator(_networks)]
