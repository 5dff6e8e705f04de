"""Tests that an update does not touch nested projects and repositories, links, and replaced files."""

import shutil
from pathlib import Path

import pytest

from .conftest import MAKEFILE, Content, Project, Template, numbered

LEFT = "Kept, because a link, folder or other project is in its place, or a filter fails:\n"


def nested(project: Project, place: str, answers: bool = True) -> None:
    """Copy the project into a folder of itself, uncommitted."""
    tracked = project.git_raw("ls-files", "-z").split("\0")[:-1]
    for name in tracked:
        if answers or name != ".copier-answers.yml":
            (project.root / place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project.root / name, project.root / place / name)


def without(project: Project, *names: str) -> None:
    project.git("rm", "--quiet", "-r", "--", *names)


def link(project: Project, name: str, target: str) -> None:
    (project.root / name).symlink_to(target)


@pytest.mark.parametrize("together", [False, True], ids=["in two commits", "in one commit"])
@pytest.mark.parametrize("place", ["inner", "services/[a] b"])
def test_a_nested_project_is_not_mistaken_for_moved_files(project: Project, place: str, together: bool) -> None:
    nested(project, place)
    if not together:
        project.edit({})
    without(project, "Makefile", "app/changed_there.py", "app/renamed_there.py")
    project.edit({})
    before = project.tree()
    output = project.update()
    assert [name for name in project.status() if name.strip('"').startswith(place.partition("/")[0])] == []
    assert "Skipped, because you deleted it:\n  Makefile\n" in output
    project.undo(output)
    assert (project.tree(), project.status()) == (before, {})


def test_an_earlier_copy_is_not_mistaken_for_a_rename(project: Project) -> None:
    nested(project, "old", answers=False)
    project.edit({})
    without(project, "Makefile", "app/changed_there.py")
    project.edit({})
    output = project.update()
    assert [name for name in project.status() if name.startswith("old/")] == []
    assert "Skipped, because you deleted it:\n  Makefile\n  app/changed_there.py\n" in output


def test_the_copy_committed_with_the_deletion_is_the_rename(project: Project) -> None:
    project.edit({"copy/changed_there.py": numbered("changed")})
    project.git("mv", "app/changed_there.py", "app/my_name.py")
    project.edit({})
    project.update()
    assert project.read("copy/changed_there.py") == numbered("changed")
    assert project.read("app/my_name.py") == numbered("changed", _5="template = 5")


def test_a_nested_repository_is_not_changed_and_new_files_are_written_beside_it(
    project: Project, template: Template
) -> None:
    template.put({"deploy/chart.yml": "replicas: 2\n"})
    template.release("0.3.0")
    project.edit({".gitignore": ".env\n.venv/\n*.local\ndeploy/\n"})
    (project.root / "deploy").mkdir()
    inner = Project(project.root / "deploy")
    inner.git("init", "--quiet")
    inner.edit({"mine.yml": "mine\n"})
    before = project.tree()
    output = project.update()
    assert f"{LEFT}  deploy/chart.yml; the template's: deploy.new/chart.yml\n" in output
    assert project.read("deploy.new/chart.yml") == "replicas: 2\n"
    assert (inner.status(), sorted(path.name for path in inner.root.iterdir())) == ({}, [".git", "mine.yml"])
    project.undo(output)
    assert (project.tree(), project.status()) == (before, {})
    assert not (project.root / "deploy.new").exists()


def test_a_submodule_is_not_changed(project: Project, template: Template, tmp_path: Path) -> None:
    template.put({"deploy/chart.yml": "replicas: 2\n"})
    template.release("0.3.0")
    source = Project(tmp_path / "charts")
    source.root.mkdir()
    source.git("init", "--quiet")
    source.edit({"mine.yml": "mine\n"})
    project.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(source.root), "deploy")
    project.edit({})
    before = project.tree()
    output = project.update()
    assert f"{LEFT}  deploy/chart.yml; the template's: deploy.new/chart.yml\n" in output
    project.undo(output)
    assert (project.tree(), project.status()) == (before, {})


@pytest.mark.parametrize("target", ["../common.mk", "shared/common.mk", "/nowhere/common.mk"])
def test_a_file_replaced_by_a_link_is_kept_and_the_templates_is_written_beside_it(
    project: Project, target: str
) -> None:
    project.edit({"shared/common.mk": "mine:\n"})
    (project.root.parent / "common.mk").write_text("mine:\n")
    without(project, "Makefile")
    link(project, "Makefile", target)
    project.edit({})
    output = project.update()
    assert f"{LEFT}  Makefile; the template's: Makefile.new\n" in output
    assert project.read("Makefile.new") == MAKEFILE.format(more="\npurge:\n\tpurge\n")
    assert str((project.root / "Makefile").readlink()) == target
    assert (project.root.parent / "common.mk").read_text() == "mine:\n"
    assert "~" not in "".join(project.status())
    project.undo(output)
    assert project.status() == {}
    assert not (project.root / "Makefile.new").exists()


def test_a_link_for_a_file_unchanged_in_the_template_is_not_reported(project: Project) -> None:
    without(project, "LICENSE")
    link(project, "LICENSE", "../LICENSE")
    project.edit({})
    assert "LICENSE" not in project.update()


def test_a_link_for_a_file_deleted_in_the_template_is_a_conflict(project: Project) -> None:
    without(project, "app/deleted_there.py")
    link(project, "app/deleted_there.py", "config.py")
    project.edit({})
    output = project.update(code=1)
    assert "app/deleted_there.py: changed or renamed here, deleted in the template" in output
    assert (project.root / "app/deleted_there.py").is_symlink()


def test_a_folder_replaced_by_a_link_is_kept(project: Project) -> None:
    outside = project.root.parent / "elsewhere"
    shutil.copytree(project.root / "app", outside)
    without(project, "app")
    shutil.rmtree(project.root / "app", ignore_errors=True)
    link(project, "app", "../elsewhere")
    project.edit({})
    before = {path.name: path.read_bytes() for path in outside.iterdir()}
    output = project.update()
    for name in ("both.py", "changed_there.py", "added_there.py"):
        assert f"  app/{name}; the template's: app.new/{name}\n" in output
        assert (project.root / "app.new" / name).is_file()
    assert (project.root / "app").is_symlink()
    assert {path.name: path.read_bytes() for path in outside.iterdir()} == before
    assert "~" not in "".join(project.status())
    project.undo(output)
    assert project.status() == {}
    assert not (project.root / "app.new").exists()


def test_a_folder_that_was_moved_and_linked_is_updated(project: Project) -> None:
    project.git("mv", "app", "service")
    link(project, "app", "service")
    project.edit({})
    output = project.update(code=1)
    assert "template = 3" in project.read("service/both.py")
    assert (project.root / "app").is_symlink()
    project.undo(output)
    assert project.status() == {}


@pytest.mark.parametrize("files", [{"Makefile/one.mk": "one:\n"}, {"Makefile/a/b.mk": "b:\n"}])
def test_a_file_replaced_by_a_folder_is_kept(project: Project, files: dict[str, Content]) -> None:
    without(project, "Makefile")
    project.edit(files)
    before = project.tree()
    output = project.update()
    assert f"{LEFT}  Makefile; the template's: Makefile.new\n" in output
    assert project.read("Makefile.new") == MAKEFILE.format(more="\npurge:\n\tpurge\n")
    assert "~" not in "".join(project.status())
    project.undo(output)
    assert (project.tree(), project.status()) == (before, {})


def test_the_owners_file_at_the_path_of_a_new_folder_is_kept(project: Project, template: Template) -> None:
    template.put({"docs/guide.md": "guide\n"})
    template.release("0.3.0")
    project.edit({"docs": "mine\n"})
    output = project.update()
    assert f"{LEFT}  docs/guide.md; the template's: docs.new/guide.md\n" in output
    assert project.read("docs") == "mine\n"


def test_an_existing_file_beside_is_not_overwritten(project: Project) -> None:
    without(project, "Makefile")
    link(project, "Makefile", "../common.mk")
    project.edit({})
    project.edit({"Makefile.new": "mine\n"}, commit=False)
    output = project.update(code=2)
    assert "in the way of the update: Makefile.new." in output
    assert project.read("Makefile.new") == "mine\n"


def test_a_dry_run_reports_the_files_written_beside(project: Project) -> None:
    without(project, "Makefile")
    link(project, "Makefile", "../common.mk")
    project.edit({})
    assert f"{LEFT}  Makefile; the template's: Makefile.new\n" in project.update("--dry-run")
    assert project.status() == {}
