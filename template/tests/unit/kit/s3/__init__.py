"""Tests of the bucket without a database."""
