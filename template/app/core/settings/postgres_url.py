"""Connection URLs of PostgreSQL, as hosting providers issue them.

Several hosts, Unix sockets and the places in the query are written as for libpq
(PostgreSQL manual, section 34.1.1.2).
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote

from sqlalchemy import URL

FORM = re.compile(
    r"postgres(?:ql)?(?:\+\w+)?://"
    r"(?:(?P<user>[^:/?]*)(?::(?P<password>[^/?]*))?@)?"
    r"(?P<host>[^/?@]*)(?:/(?P<dbname>[^?@]*))?(?:\?(?P<query>[^@]*))?"
)
PORT = re.compile(r"\d{1,5}")
MALFORMED = (
    "must have the form postgresql://user:password@host:5432/name, without quotes, and "
    "with special characters of the user and the password as %XX"
)
type Address = tuple[str, int]


def parse_url(text: str) -> URL:
    """Parse a URL with the scheme of any driver.

    Raises:
        ValueError: the URL is malformed. The message has no part of it, because any
            may belong to the password.
    """
    found = FORM.fullmatch(text.strip())
    if found is None:
        raise ValueError(MALFORMED)
    query = _parse_query(found["query"] or "")
    user, password, database = (
        query.pop(name, None) or unquote(found[name] or "") or None
        for name in ("user", "password", "dbname")
    )
    hosts, ports = query.pop("host", found["host"]), query.pop("port", "")
    addresses = _addresses(hosts.split(","), ports.split(",")) if hosts else []
    return make_url(user, password, addresses, database, query)


def make_url(
    user: str | None,
    password: str | None,
    addresses: Sequence[Address],
    database: str | None,
    parameters: Mapping[str, str],
) -> URL:
    """Create a URL; several hosts, or a socket's directory, are parameters of it."""
    query = dict(parameters)
    host, port = addresses[0] if addresses else (None, None)
    if len(addresses) > 1 or (host or "").startswith("/"):
        query["host"] = ",".join(name for name, _ in addresses)
        query["port"] = ",".join(str(number) for _, number in addresses)
        host = port = None
    return URL.create("postgresql+asyncpg", user, password, host, port, database, query)


def _parse_query(text: str) -> dict[str, str]:
    """Return the parameters; a repeated one replaces the earlier, but hosts add up."""
    pairs = parse_qsl(text, keep_blank_values=True)
    if not all(re.fullmatch(r"\w+", name) for name, _ in pairs):
        raise ValueError(MALFORMED)
    given = {name: value for name, value in pairs if value}
    if "host" in given:
        given["host"] = ",".join(value for name, value in pairs if name == "host")
    return given


def _addresses(hosts: Sequence[str], ports: Sequence[str]) -> list[Address]:
    """Return the hosts with the ports of a list for one or all, or with their own."""
    if len(ports) not in (1, len(hosts)):
        raise ValueError("has another number of ports than of hosts")
    several = list(ports) * (len(hosts) // len(ports))
    return [_address(*pair) for pair in zip(hosts, several, strict=True)]


def _address(text: str, port: str) -> Address:
    """Parse a host with or without a port, or the directory of a socket."""
    own = ""
    if text.startswith("[") and "]" in text:
        host, _, own = text[1:].partition("]")
    elif text.startswith("/") or text.count(":") > 1:
        host = text
    else:
        host, _, own = text.partition(":")
    host, number = unquote(host), port or own.removeprefix(":") or "5432"
    if not (PORT.fullmatch(number) and 0 < int(number) < 65536 and is_host(host)):
        raise ValueError(f"has an invalid host or port; it {MALFORMED}")
    return host, int(number)


def is_host(text: str) -> bool:
    """Return whether a text is a directory, an IP address or a name for the DNS."""
    try:
        if not text.startswith("/"):
            ip_address(text) if ":" in text else text.encode("idna")
    except ValueError:
        return False
    return bool(text)
