"""The addresses of clients."""

from ipaddress import ip_address

UNKNOWN = "unknown"


def client_address(text: str) -> str:
    """Return the IP address in a text, without port and zone; else `unknown`.

    What a proxy hands on as X-Forwarded-For may be anything (RFC 7239, section 6): an
    address is stored and counted, so no other text may pass for one.
    """
    try:
        return str(ip_address(_without_port(text))).partition("%")[0]
    except ValueError:
        return UNKNOWN


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
