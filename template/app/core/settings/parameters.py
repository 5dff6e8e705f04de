"""Parameters of libpq in a connection URL, for asyncpg.

Each (PostgreSQL manual, section 34.1.2) is translated, known to need no translation, or
refused by name.
"""

from typing import Any

from sqlalchemy import URL

from app.core.settings.tls import VALUES as TLS_VALUES
from app.core.settings.tls import tls_arguments

SESSIONS = ("any", "primary", "standby", "prefer-standby", "read-write", "read-only")
# Known to asyncpg by the same name; the caches, whose sizes are numbers, to SQLAlchemy.
SAME = ("gsslib", "krbsrvname", "passfile", "target_session_attrs")
CACHES = ("statement_cache_size", "prepared_statement_cache_size")
# Sent to the server. Of two for one name, the last wins.
SENT = {
    "fallback_application_name": "application_name",
    "application_name": "application_name",
    "options": "options",
}
# All parameters, and the values that each may have; if none are listed, any.
VALUES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((*SAME, *CACHES, *SENT, "connect_timeout"), ()),
    "target_session_attrs": SESSIONS,
    # Left out: a ping before use and DB_STATEMENT_TIMEOUT find a dead connection.
    "keepalives": (),
    "keepalives_idle": (),
    "keepalives_interval": (),
    "keepalives_count": (),
    "tcp_user_timeout": (),
    # Left out: with these values the driver does the same.
    "client_encoding": ("auto", "utf8", "UTF8", "utf-8", "UTF-8"),
    "gssdelegation": ("0",),
    "gssencmode": ("disable", "prefer"),
    "load_balance_hosts": ("disable",),
    "max_protocol_version": ("3.0", "3.2", "latest"),
    "min_protocol_version": ("3.0",),
    # Of Prisma; see `DatabaseSettings.has_pgbouncer`.
    "pgbouncer": ("true", "false"),
    **TLS_VALUES,
}
# What to use in place of parameters that other libraries have.
INSTEAD = {
    "connection_limit": "DB_POOL_SIZE",
    "hostaddr": "host",
    "pool_timeout": "DB_POOL_TIMEOUT",
    "schema": "options=-csearch_path%3DNAME",
    "sslaccept": "sslmode",
    "statement_timeout": "DB_STATEMENT_TIMEOUT",
}


def driver_arguments(url: URL) -> dict[str, Any]:
    """Return the arguments of asyncpg for a URL's parameters.

    Raises:
        ValueError: a parameter or its value cannot be used; the message names it.
    """
    parameters = {name: str(value) for name, value in url.query.items()}
    hosts, ports = parameters.pop("host", ""), parameters.pop("port", "")
    for name, value in parameters.items():
        _check(name, value)
    arguments: dict[str, Any] = {n: parameters[n] for n in SAME if n in parameters}
    arguments |= {n: _number(n, parameters[n]) for n in CACHES if n in parameters}
    if hosts:
        arguments["host"] = hosts.split(",")
        arguments["port"] = [int(port) for port in ports.split(",")]
    # 0, no limit in libpq, leaves DB_CONNECT_TIMEOUT.
    if seconds := _number("connect_timeout", parameters.get("connect_timeout", "0")):
        arguments["timeout"] = seconds
    if sent := {SENT[name]: parameters[name] for name in SENT if name in parameters}:
        arguments["server_settings"] = sent
    return arguments | tls_arguments(parameters)


def _check(name: str, value: str) -> None:
    if name not in VALUES:
        instead = f"; use {INSTEAD[name]}" if name in INSTEAD else ""
        raise ValueError(f"the parameter {name} is not supported: remove it{instead}")
    if VALUES[name] and value not in VALUES[name]:
        raise ValueError(f"{name} must be {' or '.join(VALUES[name])}")


def _number(name: str, value: str) -> int:
    if not value.isascii() or not value.isdecimal():
        raise ValueError(f"{name} must be a whole number")
    return int(value)
