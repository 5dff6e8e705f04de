"""A resource becomes the files of its slice, formatted as the project's own code is."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkbackend.formatter import find_ruff
from mkbackend.system import run

# Each template, and where what it makes stands.
FILES = {
    "domain.py": "app/domain/{name}.py",
    "model.py": "app/domain/models/{name}.py",
    "schemas.py": "app/domain/schemas/{name}.py",
    "repository.py": "app/repository/{name}_repository.py",
    "service.py": "app/service/{name}_service.py",
    "deps.py": "app/api/v1/{name}_deps.py",
    "router.py": "app/api/v1/{name}_router.py",
    "sample.py": "tests/slices/{name}.py",
    "fake.py": "tests/fakes/{name}_repository.py",
    "test_service.py": "tests/unit/test_{name}_service.py",
    "test_repository.py": "tests/integration/test_{name}_repository.py",
    "test_api.py": "tests/integration/test_{name}_api.py",
}
_TEMPLATES = Path(__file__).with_name("templates")


def places(name: str) -> list[str]:
    """Return every path that a slice of this name may have a file at."""
    return [place.format(name=name) for place in FILES.values()]


def render(view: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of a slice by their paths, not formatted yet."""
    import jinja2

    environment = jinja2.Environment(  # noqa: S701  # what is written is Python
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    return {
        place.format(name=view["name"]): environment.get_template(f"{template}.jinja").render(view)
        for template, place in FILES.items()
        if template != "domain.py" or view["enums"]
    }


def formatted(files: Mapping[str, str], project: Path) -> dict[str, str]:
    """Return Python files as ruff writes them in this project: sorted imports, and of those only what is used."""
    program, config = find_ruff(project), project / "pyproject.toml"
    with tempfile.TemporaryDirectory(prefix="mkbackend-") as directory:
        for path, text in files.items():
            place = Path(directory, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="\n")
        common = ("--quiet", "--no-cache", "--config", config)
        run(program, "check", "--select=I,F401", "--fix", *common, ".", cwd=Path(directory))
        run(program, "format", *common, ".", cwd=Path(directory))
        return {path: Path(directory, path).read_text(encoding="utf-8") for path in files}
