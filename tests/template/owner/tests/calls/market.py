"""Requests to the market."""

from tests.calls import Calls

# A deal changes no table.
CALLS: Calls = {"POST /market/deals": None}
