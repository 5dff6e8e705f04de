"""Requests about keys."""

from tests.calls import Calls

CALLS: Calls = {
    "POST /keys": lambda c: c.call("POST", "/keys"),
    "POST /keys/checks": None,
}
