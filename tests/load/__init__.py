"""How the generated project bears load: run by `nox -s scale` and `nox -s outages` only."""
