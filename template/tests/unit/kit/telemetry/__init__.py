"""Tests of metrics, traces and error reports, without a database."""
