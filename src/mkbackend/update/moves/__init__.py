"""Renames of the template: the list of moves, and the codemod that applies them to the owner's Python."""
