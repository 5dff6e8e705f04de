"""Settings, database, logging, errors and security, for every layer."""
