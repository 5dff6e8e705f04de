"""TLS of database connections, by libpq's parameters.

Their meaning is that of the PostgreSQL manual, section 34.1.2, with two differences:
without a file of authorities the system's are used, and `channel_binding=require`,
which asyncpg lacks, verifies the server's certificate instead.
"""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

WEAK = ("disable", "allow", "prefer")
MODES = (*WEAK, "require", "verify-ca", "verify-full")
# libpq's own places of files, in the home directory.
FILES = {
    "sslrootcert": ".postgresql/root.crt",
    "sslcrl": ".postgresql/root.crl",
    "sslcert": ".postgresql/postgresql.crt",
    "sslkey": ".postgresql/postgresql.key",
}
VERSIONS = {
    f"TLSv1{minor}": version
    for minor, version in {
        "": ssl.TLSVersion.TLSv1,
        ".1": ssl.TLSVersion.TLSv1_1,
        ".2": ssl.TLSVersion.TLSv1_2,
        ".3": ssl.TLSVersion.TLSv1_3,
    }.items()
}
# The accepted values of a parameter; empty: every value.
VALUES: dict[str, tuple[str, ...]] = {
    "sslmode": MODES,
    # Of asyncpg and of JDBC.
    "ssl": (*MODES, "true", "false"),
    "sslnegotiation": ("postgres", "direct"),
    "channel_binding": ("disable", "prefer", "require"),
    "ssl_min_protocol_version": tuple(VERSIONS),
    "ssl_max_protocol_version": tuple(VERSIONS),
    "sslpassword": (),
    "sslcompression": ("0",),
    "sslcertmode": ("allow",),
    "sslsni": ("1",),
    **dict.fromkeys(FILES, ()),
}


def tls_arguments(parameters: Mapping[str, str]) -> dict[str, object]:
    """Return the arguments of asyncpg; without a mode, it prefers TLS.

    Raises:
        ValueError: a file cannot be used, or would not be; the message names it.
    """
    mode = _mode(parameters)
    direct = parameters.get("sslnegotiation") == "direct"
    if mode is None or mode in WEAK:
        _refuse_unused(parameters, direct)
        return {} if mode is None else {"ssl": mode}
    return {"ssl": _context(mode, parameters)} | (
        {"direct_tls": True} if direct else {}
    )


def _mode(parameters: Mapping[str, str]) -> str | None:
    mode = parameters.get("sslmode") or parameters.get("ssl")
    mode = {"true": "require", "false": "disable"}.get(mode or "", mode)
    if parameters.get("channel_binding") == "require":
        return "verify-full"
    if parameters.get("sslrootcert") == "system" and mode not in WEAK:
        return "verify-full"
    return mode


def _refuse_unused(parameters: Mapping[str, str], direct: bool) -> None:
    """Refuse what proves an identity or saves a round trip, but only with TLS."""
    used = [name for name in ("sslcert", "sslkey") if name in parameters]
    if direct:
        used.append("sslnegotiation=direct")
    if parameters.get("sslrootcert") == "system":
        used.append("sslrootcert=system")
    if used:
        raise ValueError(f"{used[0]} needs sslmode=require, verify-ca or verify-full")


def _context(mode: str, parameters: Mapping[str, str]) -> ssl.SSLContext:
    files = {**_usual_files(), **parameters}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["postgresql"])
    context.check_hostname = mode == "verify-full"
    if mode == "require" and "sslrootcert" not in files:
        context.verify_mode = ssl.CERT_NONE
    _load_authorities(context, files.get("sslrootcert", "system"))
    if crl := files.get("sslcrl"):
        with _named("sslcrl"):
            context.load_verify_locations(cafile=crl)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    if certificate := files.get("sslcert"):
        with _named("sslcert, sslkey"):
            password = files.get("sslpassword", "")
            context.load_cert_chain(certificate, files.get("sslkey"), password)
    if lowest := files.get("ssl_min_protocol_version"):
        context.minimum_version = VERSIONS[lowest]
    if highest := files.get("ssl_max_protocol_version"):
        context.maximum_version = VERSIONS[highest]
    return context


def _usual_files() -> dict[str, str]:
    paths = {name: Path("~", place).expanduser() for name, place in FILES.items()}
    return {name: str(path) for name, path in paths.items() if path.is_file()}


def _load_authorities(context: ssl.SSLContext, place: str) -> None:
    if place == "system":
        context.load_default_certs()
        return
    with _named("sslrootcert"):
        context.load_verify_locations(cafile=place)


@contextmanager
def _named(parameter: str) -> Iterator[None]:
    """Name the parameter whose file is missing, unreadable or not PEM."""
    try:
        yield
    except OSError as error:
        raise ValueError(f"{parameter}: {error.strerror or error}") from error
