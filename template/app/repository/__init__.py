"""Queries: the only code that accesses the database. Nothing here commits."""
