"""Tests of the operations of a generated project, run by `nox -s restore` and `nox -s tls` only."""
