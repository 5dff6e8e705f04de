"""Jobs in PostgreSQL: PgQueuer, on the connections of this service."""
