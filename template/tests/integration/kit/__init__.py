"""Tests of the machinery, on a real PostgreSQL."""
