"""Integration tests of metrics, traces and error reports."""
