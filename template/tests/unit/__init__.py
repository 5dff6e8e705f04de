"""Unit tests, with fakes in place of the database."""
