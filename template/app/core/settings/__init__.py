"""Settings by subject, their types and their sources."""
