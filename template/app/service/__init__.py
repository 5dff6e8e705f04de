"""Use cases: the rules of the service, free of HTTP and of SQL."""
