"""Files that a project writes from its own code, and compares with it once they exist."""

from pathlib import Path

DIAGRAM = Path("docs", "diagram.md")
# By file: the target of make that writes it.
_TARGETS = {DIAGRAM: "diagram", Path("openapi.json"): "openapi"}


def written(project: Path) -> list[Path]:
    """Return those of the files that a project has."""
    return [path for path in _TARGETS if (project / path).is_file()]


def rewriting(project: Path) -> list[str]:
    """Return the command that brings these files up to date, if there are any: their checks need them current."""
    targets = [_TARGETS[path] for path in written(project)]
    return [f"make {' '.join(targets)}"] if targets else []
