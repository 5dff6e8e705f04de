"""Tests of the update of a project with slices."""

from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.project.migrations import heads, read
from mkbackend.slices.survey import NEEDED, NEEDED_FOR_NEW, NEEDED_TO_ADD

from .conftest import Project


def test_an_update_keeps_slices_and_leaves_one_head(project: Project) -> None:
    project.edit(dict.fromkeys((*NEEDED, NEEDED_FOR_NEW, NEEDED_TO_ADD), ""))
    done = CliRunner().invoke(cli.app, ["add", "article", "title:str", "--project", str(project.root)])
    assert done.exit_code == 0, done.output
    project.commit({})
    before = {path: content for path, content in project.tree().items() if "article" in path}
    project.update()
    assert len(before) == 14
    assert before.items() <= project.tree().items()
    assert len(heads(read(project.root))) == 1
    project.commit({})
    done = CliRunner().invoke(cli.app, ["add", "article", "views:int=0", "--project", str(project.root)])
    assert done.exit_code == 0, done.output
    assert len(heads(read(project.root))) == 1
