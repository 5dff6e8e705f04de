"""Integration tests through HTTP and SQL, on a real PostgreSQL."""
