"""The service: api > service > repository > domain > core."""

__version__ = "0.1.0"
