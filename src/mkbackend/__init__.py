"""mkbackend: a complete, tested, typed FastAPI and PostgreSQL service from one command."""

__version__ = "0.15.0"
