"""Tests of `mkbackend eject`: a project's own templates come first, and those of ours that are newer are named."""

from pathlib import Path

import pytest

from mkbackend.slices.eject import outrun
from mkbackend.slices.rendering import templating
from mkbackend.slices.rendering.templating import OWN, names

from .conftest import EVERY, Place, Refused

MODEL = f"{OWN}/model.py.jinja"


@pytest.fixture
def ejected(place: Place) -> Place:
    """Return a project with its own templates, committed."""
    place.run("eject", "slice-templates")
    place.commit()
    return place


def test_all_templates_are_copied(place: Place) -> None:
    assert "in .mkbackend/templates" in place.run("eject", "slice-templates").output
    written = {line[3:] for line in place.status()}
    assert written == {f"{OWN}/{name}" for name in names()} | {f"{OWN}/originals.toml"}
    assert "links/model.jinja" in names()
    assert outrun(place.root) == []


def test_unedited_copies_render_as_the_originals(place: Place) -> None:
    words = [*EVERY, "tags:many/article", "owner:ref/user:owner", "state:enum/a/b:readonly", "--transition", "a:b"]
    place.run("add", "article", *EVERY)
    place.commit()
    place.run("add", "note", *words)
    without = files(place)
    place.git("clean", "-fdq")
    place.run("eject", "slice-templates")
    place.commit()
    place.run("add", "note", *words)
    assert without == files(place)


def files(place: Place) -> dict[str, str]:
    """Return the new files, without the migration and the record, in which numbers are random."""
    paths = [line[3:] for line in place.status()]
    return {path: place.read(path) for path in paths if not path.startswith(("alembic", ".mkbackend"))}


def test_an_edited_template_is_preferred_and_a_removed_one_is_ours(ejected: Place) -> None:
    ejected.edit(MODEL, "class {{ cls }}(", "# Ours: {{ words }}\n\n\nclass {{ cls }}(")
    (ejected.root / OWN / "service.py.jinja").unlink()
    ejected.commit()
    ejected.run("add", "blog_post", "title:str")
    assert "# Ours: blog post\n" in ejected.read("app/domain/models/blog_post.py")
    assert "class BlogPostService" in ejected.read("app/service/blog_post_service.py")
    ejected.run("add", "blog_post", "views:int=0")
    assert "# Ours: blog post\n" in ejected.read("app/domain/models/blog_post.py")
    ejected.write(str(ejected.root.parent / "model.toml"), '[chapter]\nfields = ["title:str"]\n')
    ejected.run("apply", str(ejected.root.parent / "model.toml"))
    assert "# Ours: chapter\n" in ejected.read("app/domain/models/chapter.py")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("\n{{ colour }}\n", "model.py.jinja, line 2: 'colour' is undefined."),
        ("\n\n{% if %}\n", "model.py.jinja, line 3: Expected an expression"),
        ("{{ name.__class__.__mro__ }}", "model.py.jinja, line 1: access to attribute '__class__'"),
        ("{{ 1 / 0 }}", "model.py.jinja, line 1: division by zero."),
        ('{% include "nothing.jinja" %}', "model.py.jinja, line 1: nothing.jinja."),
        ("class {{ cls }}:\n", "model.py.jinja: its Python is invalid"),
    ],
)
def test_a_faulty_template_is_refused_with_its_line(ejected: Place, refused: Refused, text: str, why: str) -> None:
    ejected.write(MODEL, text)
    ejected.commit()
    assert why in refused("add", "note", "title:str")


def test_a_fault_in_an_included_template_names_that_template(ejected: Place, refused: Refused) -> None:
    ejected.write(f"{OWN}/constraints/model.jinja", "\n\n\n{{ colour }}\n")
    ejected.write(MODEL, '{% include "constraints/model.jinja" %}\n')
    ejected.commit()
    assert f"{OWN}/constraints/model.jinja, line 4: 'colour' is undefined." in refused("add", "note", "title:str")


def test_existing_templates_are_replaced_with_force_only_and_if_git_has_the_edits(
    ejected: Place, refused: Refused
) -> None:
    assert "--force replaces it" in refused("eject", "slice-templates")
    original = ejected.read(MODEL)
    ejected.edit(MODEL, "class", "# Mine.\nclass")
    assert f"Edits would be lost that git lacks: {MODEL}." in refused("eject", "slice-templates", "--force")
    ejected.commit()
    ejected.run("eject", "slice-templates", "--force")
    assert ejected.read(MODEL) == original
    ejected.git("rm", "-rq", "--cached", OWN)
    ejected.git("commit", "-qm", "step")
    assert "Edits would be lost" in refused("eject", "slice-templates", "--force")


def test_no_template_is_written_through_a_link(place: Place) -> None:
    (place.root / OWN).parent.mkdir()
    (place.root / OWN).symlink_to(place.root.parent, target_is_directory=True)
    place.commit()
    assert "a symbolic link" in " ".join(place.run("eject", "slice-templates", "--force", code=2).output.split())
    assert place.status() == []


def test_something_else_is_refused(refused: Refused) -> None:
    assert "'tests' cannot be copied. mkbackend eject slice-templates" in refused("eject", "tests")


def test_templates_whose_originals_changed_are_named(
    ejected: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ejected.edit(MODEL, "class", "# Mine.\nclass")
    ejected.write(f"{OWN}/mine.jinja", "of the project alone")
    assert outrun(ejected.root) == []
    ours = tmp_path / "ours"
    for name in names():
        (ours / name).parent.mkdir(parents=True, exist_ok=True)
        (ours / name).write_text((templating.TEMPLATES / name).read_text("utf-8"), "utf-8")
    (ours / "router.py.jinja").write_text("newer", "utf-8")
    (ours / "fake.py.jinja").unlink()
    monkeypatch.setattr("mkbackend.slices.eject.TEMPLATES", ours)
    monkeypatch.setattr(templating, "TEMPLATES", ours)
    assert outrun(ejected.root) == [f"{OWN}/fake.py.jinja", f"{OWN}/router.py.jinja"]
    (ejected.root / OWN / "router.py.jinja").unlink()
    assert outrun(ejected.root) == [f"{OWN}/fake.py.jinja"]
    ejected.write(f"{OWN}/originals.toml", "no TOML")
    with pytest.raises(Exception, match=r"originals\.toml cannot be read"):
        outrun(ejected.root)
