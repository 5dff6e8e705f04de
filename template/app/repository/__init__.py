"""Queries: the only place that asks the database. Nothing here commits."""
