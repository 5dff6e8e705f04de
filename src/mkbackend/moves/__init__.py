"""Renames of the template reach the owner's code: the list of them, and the rewriting of Python."""
