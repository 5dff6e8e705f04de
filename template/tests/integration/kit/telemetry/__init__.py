"""Tests of metrics, traces and error reports, on a real PostgreSQL."""
