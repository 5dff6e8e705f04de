"""Tests of the generated project under load, run by `nox -s scale` and `nox -s outages` only."""
