"""The head of a request: its line and headers."""

import re
from ipaddress import IPv6Address

from app.kit.http.refusal import RefusedRequestError

Headers = list[tuple[bytes, bytes]]

MOST_HEADERS = 100
# Host and port (RFC 3986, section 3.2).
HOST = re.compile(rb"(?:\[([\da-fA-F:.]+)\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?")
ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE)


def check_request_line(method: bytes, version: str) -> None:
    """Raise RefusedRequestError for what the server does not speak."""
    if version not in ("1.0", "1.1"):
        raise RefusedRequestError(505, "Use HTTP/1.1")
    if method == b"CONNECT":
        raise RefusedRequestError(501, "CONNECT is not supported")


def check_size(url: bytes, headers: Headers, most: int) -> None:
    """Raise RefusedRequestError if the head exceeds some bytes."""
    size = len(url) + sum(len(name) + len(value) + 4 for name, value in headers)
    if size > most:
        raise too_large(url, most)


def too_large(url: bytes, most: int) -> RefusedRequestError:
    """Return the error of a head that exceeds some bytes."""
    if len(url) > most:
        return RefusedRequestError(414, f"The URL exceeds {most} bytes")
    return RefusedRequestError(431, f"The headers exceed {most} bytes")


def check_host(version: str, headers: Headers) -> None:
    """Raise RefusedRequestError unless there is one valid Host.

    RFC 9112, section 3.2. HTTP/1.0 needs none.
    """
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1 or (not hosts and version == "1.1"):
        raise RefusedRequestError(400, "Send one Host header")
    if hosts:
        _check_authority(hosts[0])


def check_coding(headers: Headers) -> None:
    """Raise RefusedRequestError for a body that is compressed on its way.

    RFC 9112, section 6.1.
    """
    codings = (value for name, value in headers if name == b"transfer-encoding")
    if any(coding.lower() != b"chunked" for coding in codings):
        raise RefusedRequestError(501, "The only transfer coding is chunked")


def take_host(url: bytes, headers: Headers) -> bytes:
    """Move the host of an absolute URL to the Host header; return the rest.

    RFC 9112, section 3.2.2.
    """
    if not (absolute := ABSOLUTE.fullmatch(url)):
        return url
    host, path = absolute.groups()
    _check_authority(host)
    headers[:] = [(b"host", host), *(each for each in headers if each[0] != b"host")]
    return path if path.startswith(b"/") else b"/" + path


def _check_authority(text: bytes) -> None:
    found = HOST.fullmatch(text)
    if not found or (found[1] and not _is_ipv6(found[1])):
        raise RefusedRequestError(400, "The host is not valid")


def _is_ipv6(text: bytes) -> bool:
    try:
        return bool(IPv6Address(text.decode()))
    except ValueError:
        return False


def has_body(headers: Headers) -> bool:
    """Return whether a body follows the head."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in headers
    )


def without_upgrade(method: bytes, url: bytes, version: str, headers: Headers) -> bytes:
    """Return the head again, without the offer of another protocol."""
    kept = [b"%b: %b" % each for each in headers if each[0] != b"upgrade"]
    line = b"%b %b HTTP/%b" % (method, url, version.encode())
    return b"\r\n".join([line, *kept, b"", b""])
