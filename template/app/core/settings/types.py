"""Types of settings and their validators."""

import json
import re
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from app.core.settings.origins import ascii_host, check_origin
from app.core.settings.parameters import driver_arguments
from app.core.settings.postgres_url import is_host, parse_url

# A key must be at least as long as the digest (RFC 7518, section 3.2).
KEY_LENGTH = {"HS256": 32, "HS384": 48, "HS512": 64}
HOST = re.compile(r"\*|(\*\.)?[\w-]+(\.[\w-]+)*|\[[\da-fA-F:.]+\]", re.ASCII)
PLACEHOLDERS = ("change", "secret", "password", "example", "postgres")


def is_weak(secret: SecretStr | None, *, length: int) -> bool:
    """Return whether a secret can be guessed: short, repetitive or a placeholder."""
    value = secret.get_secret_value() if secret else ""
    return (
        len(value) < length
        or len(set(value)) < 8
        or any(word in value.lower() for word in PLACEHOLDERS)
    )


def _words(value: object) -> object:
    """Parse a list, as JSON or as comma-separated words."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return _json(value)
    return [word.strip() for word in value.split(",") if word.strip()]


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(
            f'is not valid JSON ({error}); write ["a", "b"], or a, b'
        ) from None


def _strong(value: SecretStr) -> SecretStr:
    if is_weak(value, length=min(KEY_LENGTH.values())):
        raise ValueError("is weak: use at least 32 random characters")
    return value


def _of_postgresql(value: SecretStr) -> SecretStr:
    driver_arguments(parse_url(value.get_secret_value()))
    return value


def _host(value: str) -> str:
    if not is_host(value):
        raise ValueError("must be a host name, an IP address or a socket's directory")
    return value


def _hosts(values: list[str]) -> list[str]:
    for value in values:
        if not value.isascii():
            right = ascii_host(value)
            raise ValueError(f"{value!r} never matches: clients send {right!r}")
        if not HOST.fullmatch(value):
            raise ValueError(f"{value!r} is not a host name, *.domain or *")
    return values


def _origins(values: list[str]) -> list[str]:
    return [check_origin(value) for value in values]


def _methods(values: list[str]) -> list[str]:
    for value in values:
        if value != value.upper():
            raise ValueError(f"{value!r} never matches: write {value.upper()!r}")
    return values


def _networks(values: list[str]) -> list[str]:
    if "*" in values and len(values) > 1:
        raise ValueError("'*' trusts every address: write it alone, or leave it out")
    for value in values:
        if value != "*":
            _check_network(value)
    return values


def _check_network(text: str) -> None:
    """Refuse host bits, and IPv4 in IPv6: client addresses are unwrapped."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is not an address, a network or '*'") from None
    first, length = network.network_address, network.prefixlen
    if isinstance(first, IPv6Address) and first.ipv4_mapped and length >= 96:
        right = f"{first.ipv4_mapped}/{length - 96}"
        raise ValueError(f"{text!r} never matches: write {right}")
    address, _, mask = text.partition("/")
    if mask and ip_address(address) != first:
        raise ValueError(f"{text!r} has host bits: write {network}, or only {address}")


def _without_end_slash(value: str) -> str:
    return value.rstrip("/")


Port = Annotated[int, Field(ge=1, le=65535)]
PostgresHost = Annotated[str, AfterValidator(_host)]
PostgresUrl = Annotated[SecretStr, AfterValidator(_of_postgresql)]
PublicUrl = Annotated[
    str,
    Field(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$"),
    AfterValidator(_without_end_slash),
]
RootPath = Annotated[
    str, Field(pattern=r"^(/[\w.~-]+)*/?$"), AfterValidator(_without_end_slash)
]
SigningKey = Annotated[SecretStr, AfterValidator(_strong)]
Words = Annotated[list[str], NoDecode, BeforeValidator(_words)]
Origins = Annotated[Words, AfterValidator(_origins)]
Methods = Annotated[Words, AfterValidator(_methods)]
Hosts = Annotated[Words, AfterValidator(_hosts)]
Networks = Annotated[Words, AfterValidator(_networks)]
