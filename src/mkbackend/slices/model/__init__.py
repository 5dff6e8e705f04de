"""`mkbackend apply` and `mkbackend model`: all resources of a project as one file."""
