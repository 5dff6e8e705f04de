"""Origins and host names, as browsers write them."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

import idna

DEFAULT_PORTS = {"http": 80, "https": 443}
SCHEME = re.compile(r"[a-z][a-z\d+.-]*", re.ASCII | re.IGNORECASE)
HOST = re.compile(r"[\w*-]+(\.[\w*-]+)*\.?", re.ASCII)
LOCAL = ("localhost", "127.0.0.1", "::1")
NOT_ONE = "is not an origin, such as https://app.example.com or http://localhost:3000"


def check_origin(text: str) -> str:
    """Return the text, if browsers send it as an origin (RFC 6454, section 6.2).

    Raises:
        ValueError: it never matches, or matches every site; the message has the fix.
    """
    if text == "*":
        return text
    if text == "null":
        raise ValueError("'null' is every sandboxed page and every local file")
    try:
        right = _origin(text)
    except ValueError:
        raise ValueError(f"{text!r} {NOT_ONE}") from None
    if "*" in text:
        raise ValueError(f"{text!r} never matches: list each origin without a wildcard")
    if text != right:
        raise ValueError(f"{text!r} never matches: browsers send {right!r}")
    return text


def ascii_host(host: str) -> str:
    """Return the name as it is sent: lower case, A-labels (RFC 5890, section 2.3.2.1).

    Raises:
        ValueError: it is no host name.
    """
    name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    if not HOST.fullmatch(name):
        raise ValueError(f"{host!r} is not a host name")
    return name


def _origin(text: str) -> str:
    """Return the origin that is meant."""
    scheme, rest = _split_scheme(text)
    parts = urlsplit(f"//{re.split('[/?#]', rest, maxsplit=1)[0]}")
    host, port = parts.hostname or "", parts.port
    name = f"[{ip_address(host)}]" if ":" in host else ascii_host(host)
    scheme = scheme or ("http" if host in LOCAL else "https")
    end = "" if port in (None, DEFAULT_PORTS.get(scheme)) else f":{port}"
    return f"{scheme}://{name}{end}"


def _split_scheme(text: str) -> tuple[str, str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return "", re.sub("^(https?:)?/*", "", text)
    if not SCHEME.fullmatch(scheme):
        raise ValueError(f"{scheme!r} is not a scheme")
    return scheme.lower(), rest
