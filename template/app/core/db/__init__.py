"""Sessions and errors of the database."""
