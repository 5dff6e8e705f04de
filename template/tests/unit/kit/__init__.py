"""Tests of the machinery, without a database."""
