"""How fast the generated project and the generator are: `nox -s bench`."""
