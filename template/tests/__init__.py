"""Tests: unit without a database, integration with a real PostgreSQL."""
