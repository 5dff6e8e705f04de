"""Client addresses."""

from ipaddress import ip_address

UNKNOWN = "unknown"


def client_address(text: str) -> str:
    """Return the IP address in a text, without port and zone; else `unknown`.

    X-Forwarded-For may hold any text (RFC 7239, section 6), and only an address may be
    stored and counted.
    """
    try:
        return str(ip_address(_without_port(text))).partition("%")[0]
    except ValueError:
        return UNKNOWN


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
