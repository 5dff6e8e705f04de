"""What every layer may use: settings, database, logging, errors, security."""
