"""Requests about loans."""

from tests.calls import Calls

LOAN = {"copy": "A-1", "due_at": "2030-01-01T00:00:00Z"}

CALLS: Calls = {
    "POST /loans": lambda c: c.call("POST", "/loans", json=LOAN),
    "DELETE /loans/{loan_id}": None,
}
