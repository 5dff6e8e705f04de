"""Client addresses."""

from ipaddress import IPv6Address, ip_address

UNKNOWN = "unknown"


def client_address(text: str) -> str:
    """Return the IP address in a text, without port and zone; else `unknown`.

    X-Forwarded-For may hold any text (RFC 7239, section 6), and only an address may be
    stored and counted. IPv4 in IPv6, as sockets for both have it, is IPv4 (RFC 4291,
    section 2.5.5.2).
    """
    try:
        ip = ip_address(_without_port(text))
    except ValueError:
        return UNKNOWN
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return str(mapped or ip).partition("%")[0]


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
