"""`mkbackend doctor`: read-only checks of a project on this machine."""
