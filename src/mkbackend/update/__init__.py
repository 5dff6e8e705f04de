"""`mkbackend update`."""
