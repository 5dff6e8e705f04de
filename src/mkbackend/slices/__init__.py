"""`mkbackend add` and `mkbackend remove`: slices of the architecture from typed fields."""
