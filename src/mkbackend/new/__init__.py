"""`mkbackend new`."""
