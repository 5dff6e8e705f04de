"""The migrations of a slice and their statements."""
