"""Infrastructure, used like a library: features need no change here."""
