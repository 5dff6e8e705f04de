"""Tests of the template with plain Copier, as with `copier copy`."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_copie.plugin import Copie

ROOT = Path(__file__).parents[2]
# The source and version of a project, which differ between the two ways.
SOURCE = ("_commit", "_src_path")


@pytest.mark.filterwarnings("ignore::copier.errors.DirtyLocalWarning")
def test_plain_copier_creates_the_same_files_as_mkbackend(copie: Copie, render: Callable[..., Path]) -> None:
    result = copie.copy({"project_name": "Shop", "license": "none", "ci": "gitlab"}, template_dir=ROOT)
    assert result.exception is None
    assert result.project_dir
    assert contents(result.project_dir) == contents(render(project_name="Shop", license="none", ci="gitlab"))


def test_the_command_of_the_manual_asks_for_no_trust(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "options-and-settings.md").read_text("utf-8")
    (line,) = re.findall(r"`(copier .*)`", page)
    places = {".": str(ROOT), "../myapp": str(tmp_path / "myapp")}
    words = [places.get(word, word) for word in line.split()]
    # Without a terminal it cannot ask, and the version is this one, not that of a tag.
    subprocess.run([sys.executable, "-m", *words, "--defaults", "--quiet", "--vcs-ref=HEAD"], check=True)
    assert (tmp_path / "myapp" / "app" / "main.py").is_file()


def contents(project: Path) -> dict[str, list[str]]:
    """Return the lines of each file by path, without the project's source."""
    return {
        str(path.relative_to(project)): [line for line in path.read_text().splitlines() if not line.startswith(SOURCE)]
        for path in project.rglob("*")
        if path.is_file()
    }
