"""Tests of the clients that generators make of a project's API, run by `nox -s clients` only."""
