"""Small helpers, without imports from the service."""
