"""Through HTTP and SQL, on a real PostgreSQL."""
