"""Commands for operators and developers. The service imports nothing from here."""
