"""`mkbackend add` and `mkbackend remove`: a slice of the architecture, from the words that describe it."""
