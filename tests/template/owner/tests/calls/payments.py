"""Requests about payments."""

from tests.calls import Calls

PAYMENT = {"reference": "2026-0001"}

CALLS: Calls = {
    "POST /payments/announced": lambda c: c.call(
        "POST", "/payments/announced", json=PAYMENT
    ),
}
