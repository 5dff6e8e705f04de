"""What the service is about: tables (models), requests and answers (schemas)."""
