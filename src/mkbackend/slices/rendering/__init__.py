"""The files of a slice: what the templates are given, and their text."""
