"""A slice as older templates wrote it, for the tests of updates."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.project.migrations import VERSIONS
from mkbackend.slices import record
from mkbackend.slices.record import Record
from mkbackend.slices.rendering import render

if TYPE_CHECKING:
    from .conftest import Project

SERVICE, MODEL = "app/service/article_service.py", "app/domain/models/article.py"
ROUTER, TEST = "app/api/v1/article_router.py", "tests/unit/test_article_service.py"
RECORD, BASE = ".mkbackend/article.toml", ".mkbackend/article.base"
# What the templates of these tests wrote before, by file.
OLDER = {
    SERVICE: ('"""Use cases of articles."""', '"""What can be done with articles."""'),
    ROUTER: ("from uuid import UUID\n", "from uuid import UUID, uuid4\n"),
    MODEL: ('"""An article."""', '"""One article."""'),
}
EXTRA = "app/service/article_extras.py"


def add(project: "Project", *words: str) -> None:
    done = CliRunner().invoke(cli.app, ["add", *words, "--project", str(project.root)])
    assert done.exit_code == 0, done.output


def add_older(project: "Project", *words: str) -> None:
    """Add a slice as older templates wrote it, and commit it."""

    def rendered(view: Mapping[str, Any], project: Path | None = None) -> dict[str, str]:
        files = real(view, project)
        for path, (new, old) in OLDER.items():
            if path in files:
                assert new in files[path]
                files[path] = files[path].replace(new, old) + ("\nMAKE = uuid4\n" if path == ROUTER else "")
        if SERVICE in files:
            return files | {EXTRA: "MORE = 1\n"}
        other = f"app/service/{view['name']}_service.py"
        return files | {other: f"{files[other]}\n\nOLD = 1\n"}

    real = render.render
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render, "render", rendered)
        add(project, *words)
    project.commit({})


def texts(project: "Project") -> dict[str, str]:
    """Return the files of the slice, without migrations."""
    return {path: project.read(path) for path in known(project).files if not path.startswith(VERSIONS)}


def known(project: "Project") -> Record:
    found = record.read(project.root, "article")
    assert found
    return found


def edit(project: "Project", path: str, old: str, new: str) -> None:
    """Replace a text in a file, and commit it."""
    text = project.read(path)
    assert old in text
    project.edit({path: text.replace(old, new, 1)})
