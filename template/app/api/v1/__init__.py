"""Version 1 of the API: for each slice its routes and their dependencies."""
