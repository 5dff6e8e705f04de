"""Tests of the backup and restore of a generated project, run by `nox -s restore` only."""
