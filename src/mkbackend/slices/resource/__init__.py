"""A resource as described: its fields, rights, states and constraints, and the words that say them."""
