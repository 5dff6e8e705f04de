"""Version 1 of the API: the routes of each slice and their dependencies."""
