"""Machinery, used like a library: whoever adds a feature need not open it."""
