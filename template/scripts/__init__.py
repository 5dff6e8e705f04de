"""Tools for development. The service itself imports nothing from here."""
