"""Use cases: the rules of the service, without HTTP and SQL."""
