"""Client addresses."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

UNKNOWN = "unknown"
# Size of the caches, and of the texts in them: a client sends many requests.
ADDRESSES_KEPT = 4096
LONGEST_KEPT = 100


def client_address(text: str) -> str:
    """Return the IP address in a text, without port and zone; else `unknown`.

    X-Forwarded-For may hold any text (RFC 7239, section 6), and only an address may be
    stored and counted. IPv4 in IPv6, as sockets for both have it, is IPv4 (RFC 4291,
    section 2.5.5.2).
    """
    return _kept_address(text) if len(text) <= LONGEST_KEPT else _address(text)


def _address(text: str) -> str:
    try:
        ip = ip_address(_without_port(text))
    except ValueError:
        return UNKNOWN
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return str(mapped or ip).partition("%")[0]


_kept_address = lru_cache(ADDRESSES_KEPT)(_address)


def customer_network(address: str) -> str:
    """Return the /64 of an IPv6 address: one customer has all of it."""
    return _network(address, v4=32, v6=64)


def site_network(address: str) -> str:
    """Return the /48 of an IPv6 address: one site may have all of it (RFC 6177)."""
    return _network(address, v4=32, v6=48)


def provider_network(address: str) -> str:
    """Return the network that addresses of one provider are likely to share."""
    return _network(address, v4=16, v6=32)


@lru_cache(ADDRESSES_KEPT)
def _network(address: str, *, v4: int, v6: int) -> str:
    try:
        ip = ip_address(address)
    except ValueError:  # no address, such as UNKNOWN
        return address
    length = v6 if ip.version == 6 else v4
    return str(ip_network((ip, length), strict=False))


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
