"""Benchmarks of the generated project and of the generator: `nox -s bench`."""
