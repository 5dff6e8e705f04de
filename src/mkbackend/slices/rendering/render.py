"""Rendering of a slice's files, formatted with the project's settings."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkbackend.project.formatter import find_ruff
from mkbackend.slices.rendering.templating import rendered
from mkbackend.system.programs import run

# Templates and the paths of their files.
FILES = {
    "domain.py": "app/domain/{name}.py",
    "model.py": "app/domain/models/{name}.py",
    "schemas.py": "app/domain/schemas/{name}.py",
    "repository.py": "app/repository/{name}_repository.py",
    "service.py": "app/service/{name}_service.py",
    "deps.py": "app/api/v1/{name}_deps.py",
    "router.py": "app/api/v1/{name}_router.py",
    "nested_router.py": "app/api/v1/{name}_nested_router.py",
    "sample.py": "tests/slices/{name}.py",
    "calls.py": "tests/calls/{name}.py",
    "fake.py": "tests/fakes/{name}_repository.py",
    "test_service.py": "tests/unit/test_{name}_service.py",
    "test_repository.py": "tests/integration/test_{name}_repository.py",
    "test_api.py": "tests/integration/test_{name}_api.py",
    "test_related_api.py": "tests/integration/test_{name}_related_api.py",
}


def places(name: str) -> list[str]:
    """Return all possible paths of a slice's files."""
    return [place.format(name=name) for place in FILES.values()]


def render(view: Mapping[str, Any], project: Path | None = None) -> dict[str, str]:
    """Return the unformatted files of a slice by path; the project's own templates come first."""
    return {
        place.format(name=view["name"]): rendered(template, view, project)
        for template, place in FILES.items()
        if _is_needed(template, view)
    }


def _is_needed(template: str, view: Mapping[str, Any]) -> bool:
    """Return whether a slice has a file."""
    needs = {
        "domain.py": ["enums"],
        "nested_router.py": ["nested"],
        "calls.py": ["links", "transitions"],
        "test_related_api.py": ["nested", "links", "transitions"],
    }
    return template not in needs or any(view[part] for part in needs[template])


def write(files: Mapping[str, str], directory: Path) -> None:
    """Write files below a directory."""
    for path, text in files.items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")


def formatted(files: Mapping[str, str], project: Path, program: Path | None = None) -> dict[str, str]:
    """Return Python files formatted by the project's ruff, with sorted and without unused imports.

    `program` is that ruff if it is elsewhere than in the project.
    """
    program, config = program or find_ruff(project), project / "pyproject.toml"
    with tempfile.TemporaryDirectory(prefix="mkbackend-") as directory:
        write(files, Path(directory))
        common = ("--quiet", "--no-cache", "--config", config)
        run(program, "check", "--select=I,F401", "--fix", *common, ".", cwd=Path(directory))
        run(program, "format", *common, ".", cwd=Path(directory))
        return {path: Path(directory, path).read_text(encoding="utf-8") for path in files}
