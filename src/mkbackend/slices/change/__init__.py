"""`mkbackend change`: the wish in words, and the stages in which a running release survives it."""
