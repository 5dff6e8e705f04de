"""Tests of the bytecode of projects in tests: outside their trees, and compiled once."""

from pathlib import Path

from .conftest import bytecode_of, copy, run


def test_no_bytecode_is_in_the_tree_of_a_project(installed: Path) -> None:
    assert list((bytecode_of(installed) / "app").glob("main.*.pyc"))
    assert list(installed.rglob("*.pyc")) == []


def test_a_copy_compiles_nothing_again(installed: Path, python: Path, scratch: Path) -> None:
    place = copy(installed, scratch / "copied")
    before = compiled(place)
    run(place / python.relative_to(installed), "-c", "import app.main", cwd=place)
    assert before == compiled(place) != {}
    assert any("site-packages" in name for name in before)


def compiled(project: Path) -> dict[str, int]:
    """Return the files with bytecode of a project and its environment, with their modification times."""
    below = bytecode_of(project)
    paths = [path for folder in (below, below / ".venv") for path in folder.resolve().rglob("*.pyc")]
    return {str(path): path.stat().st_mtime_ns for path in paths}
