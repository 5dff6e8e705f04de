"""Tests that no project is named as a package that it installs: neither uv nor pip could resolve both."""

import re
import tomllib
from pathlib import Path

import pytest

from mkbackend.errors import BadInputError
from mkbackend.template.questions import Questions


def locked(project: Path) -> set[str]:
    """Return the locked packages, with all extras and groups, for every platform and Python."""
    packages = tomllib.loads((project / "uv.lock").read_text("utf-8"))["package"]
    return {re.sub(r"[-_.]+", "_", package["name"]) for package in packages if "registry" in package["source"]}


def test_no_project_can_be_named_as_a_package_that_it_installs(installed: Path, questions: Questions) -> None:
    packages = locked(installed)
    assert {"fastapi", "packaging", "identify", "opentelemetry_sdk"} <= packages
    allowed = {name for name in packages if questions.is_good("project_slug", name)}
    assert not allowed, f"to be added to reserved_names in copier.yml: {' '.join(sorted(allowed))}"


@pytest.mark.parametrize("name", ["packaging", "identify", "python__dotenv", "typing___extensions", "colorama"])
def test_the_name_of_a_package_is_refused_with_a_free_one(questions: Questions, name: str) -> None:
    with pytest.raises(BadInputError, match=f"^project_slug cannot be '{name}'.*try {name}_api") as refused:
        questions.complete({"project_name": "My App", "project_slug": name})
    assert refused.value.hint == "--data project_slug=VALUE"
    assert questions.is_good("project_slug", f"{name}_api")
