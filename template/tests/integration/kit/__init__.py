"""Integration tests of the kit."""
