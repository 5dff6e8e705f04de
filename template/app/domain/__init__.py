"""Domain of the service: tables (models), requests and responses (schemas)."""
