"""Repositories that keep their rows in memory."""
