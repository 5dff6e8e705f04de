"""Normalisation of client addresses."""

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.models.audit_event import AuditEvent
from app.utils.addresses import UNKNOWN, client_address

COLUMN: Any = AuditEvent.__table__.c.address.type


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:50123", "203.0.113.9"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("::FFFF:cb00:7109", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:443", "203.0.113.9"),
        ("::ffff:203.0.113.9%eth0", "203.0.113.9"),
        (f"fe80::1%{'x' * 100}", "fe80::1"),
        ("unknown", UNKNOWN),
        ("_hidden", UNKNOWN),
        ("testclient", UNKNOWN),
        ("", UNKNOWN),
        ("[", UNKNOWN),
        (":", UNKNOWN),
        ("203.0.113.9, 192.0.2.1", UNKNOWN),
        ("203.0.113.09", UNKNOWN),
        ("203.0.113.9\x00", UNKNOWN),
        ("x" * 46, UNKNOWN),
        ("1" * 5000, UNKNOWN),
    ],
)
def test_an_address_is_normalised_or_unknown(text: str, address: str) -> None:
    assert client_address(text) == address


@given(st.text() | st.ip_addresses().map(str) | st.text("[]:.%0123456789abcdef \n"))
def test_any_text_becomes_an_address_or_unknown_and_fits_the_column(text: str) -> None:
    address = client_address(text)
    assert len(address) <= COLUMN.length
    assert address == UNKNOWN or ip_address(address)
