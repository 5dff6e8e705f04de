"""Tests of `mkbackend add`: the whole slice is written, or nothing."""

import ast
import shutil
import subprocess
from cProfile import Profile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.cli.add import add
from mkbackend.project.migrations import heads, read
from mkbackend.slices.rendering import render, templating

from .conftest import EVERY, Place, Refused


def test_it_writes_a_slice_and_changes_no_existing_file(place: Place) -> None:
    place.run("add", "blog_post", *EVERY)
    written = [line.removeprefix("?? ") for line in place.status()]
    more = {
        "app/api/v1/{name}_nested_router.py",
        "tests/calls/{name}.py",
        "tests/integration/test_{name}_related_api.py",
    }
    expected = {path.format(name="blog_post") for path in {*render.FILES.values()} - more}
    expected |= {".mkbackend/blog_post.toml", ".mkbackend/blog_post.base"}
    assert expected == {path for path in written if "alembic" not in path}
    assert len(written) == len(expected) + 1
    for path in written:
        if path.endswith(".py"):
            ast.parse(place.read(path))
    assert '"/blog-posts"' in place.read("app/api/v1/blog_post_router.py")


def test_the_migration_follows_the_head(place: Place) -> None:
    (before,) = heads(read(place.root))
    place.run("add", "article", *EVERY)
    (after,) = heads(read(place.root))
    assert next(one for one in read(place.root) if one.revision == after).follows == (before,)


def test_consecutive_commands_need_no_commit_between(place: Place) -> None:
    place.run("add", "author", "name:str")
    place.git("add", "--all")
    place.run("add", "book", "author:ref/author")
    assert len(heads(read(place.root))) == 1


def test_a_dry_run_shows_and_writes_nothing(place: Place) -> None:
    shown = place.run("add", "article", *EVERY, "--dry-run").output
    assert "+class Article(BaseModel):" in shown
    assert place.status() == []


def test_a_dry_run_prints_the_diff_only(place: Place) -> None:
    assert place.run("add", "article", *EVERY, "--dry-run").stdout.startswith("--- /dev/null\n")


def test_a_slice_can_be_described_by_a_file_of_another_project(place: Place) -> None:
    place.run("add", "article", *EVERY, "--auth", "owner")
    model = place.read("app/domain/models/article.py")
    shutil.move(place.root / ".mkbackend/article.toml", place.root / ".git/article.toml")
    place.git("clean", "-fdq")
    place.run("add", "--from", str(place.root / ".git/article.toml"))
    assert place.read("app/domain/models/article.py") == model


def test_if_a_file_cannot_be_written_no_file_is(place: Place) -> None:
    (place.root / "tests/unit/.test_article_service.py.new").mkdir()
    place.run("add", "article", *EVERY, code=1)
    assert place.status() == []
    assert not (place.root / ".mkbackend").exists()


def test_it_calls_few_functions(place: Place) -> None:
    """A new slice takes well under a second: functions are counted, because times depend on the machine."""
    place.run("add", "warm", "name:str")
    templating.environment.cache_clear()  # as in a command that has just begun
    with Profile() as profile:
        place.run("add", "article", *EVERY)
    assert sum(entry.callcount for entry in profile.getstats()) < 550_000


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["article"], "has no field"),
        ([], "needs a name"),
        (["article", "writer:ref/user:owner"], "no field that a request sets"),
        (["article", "views:int:readonly"], "no field that a request sets"),
        (["article", "a:str", "--auth", "everyone"], "--auth everyone is not valid"),
        (["article", "a:str", "--read", "poet", "--write", "poet"], "Unknown role 'poet'"),
        (["user", "a:str"], "its slice uses that name"),
        (["refresh_token", "a:str"], "app/domain/models/refresh_token.py exists"),
        (["customer", "a:str", "--plural", "users"], "app/domain/models/user.py defines that table"),
        (["thing", "a:str", "--plural", "auth"], "auth_router.py serves /auth"),
        (["article", "a:ref/nobody"], "unknown resource 'nobody'"),
        (["article", "a:ref/article"], "nothing to refer to"),
        (["a" * 30, f"{'b' * 30}:str:unique"], "too long"),
        (["article", "writer:str", "writer:ref/user"], "Two indexes would be named ix_articles_writer_id"),
        (["jobs", "a:str", "--plural", "many_jobs"], "app/domain/jobs exists"),
        (["article", "--from", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_an_invalid_resource_is_refused(refused: Refused, words: list[str], why: str) -> None:
    assert why in refused("add", *words)


def test_uncommitted_changes_are_refused(place: Place, refused: Refused) -> None:
    place.edit("app/main.py", '"""', '"""Mine. ')
    assert "app/main.py" in refused("add", "article", "a:str")
    place.run("add", "article", "a:str", "--allow-dirty")


def test_several_heads_are_refused(place: Place, refused: Refused) -> None:
    (first, *_) = place.migrations()
    text = place.read(f"alembic/versions/{first}")
    place.write("alembic/versions/other.py", text.replace("0b03a4e6ff2d", "aaaaaaaaaaaa"))
    assert "python -m alembic merge heads" in refused("add", "article", "a:str")
    place.write("Makefile", "x:\nmigrate-merge: x\n")
    assert "make migrate-merge, then retry" in refused("add", "article", "a:str")


def test_a_project_of_an_older_template_must_be_updated(place: Place, refused: Refused) -> None:
    (place.root / "app/domain/schemas/types.py").unlink()
    assert "mkbackend update" in refused("add", "article", "a:str", "--allow-dirty")


def test_a_new_slice_requires_the_newest_template_but_new_fields_do_not(place: Place, refused: Refused) -> None:
    place.run("add", "article", "a:str")
    (place.root / "app/repository/filters.py").unlink()
    assert "mkbackend update" in refused("add", "testimonial", "a:str", "--allow-dirty")
    place.run("add", "article", "b:str:null", "--allow-dirty")


def test_a_project_with_old_names_can_remove_slices_but_not_add_fields(place: Place, refused: Refused) -> None:
    place.run("add", "article", "a:str")
    (place.root / "app/container.py").unlink()
    for resource in ("article", "testimonial"):
        assert "mkbackend update" in refused("add", resource, "b:str:null", "--allow-dirty")
    place.commit()
    place.run("remove", "article")


def test_a_subfolder_of_a_project_is_refused_with_the_projects_path(place: Place) -> None:
    inside = CliRunner().invoke(cli.app, ["add", "article", "a:str", "--project", str(place.root / "app")])
    assert (inside.exit_code, str(place.root) in inside.output) == (2, True)


def test_a_reference_to_a_handwritten_model_requires_a_sample(place: Place, refused: Refused) -> None:
    book = 'from app.domain.models.base import BaseModel\n\n\nclass Book(BaseModel):\n    __tablename__ = "books"\n'
    place.write("app/domain/models/book.py", book)
    assert "tests/slices/book.py is missing" in refused("add", "page_note", "book:ref/book")
    place.write("tests/slices/book.py", "async def add_book(session): ...\n")
    place.run("add", "page_note", "book:ref/book")
    assert '"books.id"' in place.read("app/domain/models/page_note.py")


@pytest.mark.parametrize(("auth", "asks"), [("user", True), ("public", True), ("owner", True), ("admin", False)])
def test_a_reference_to_an_owned_resource_checks_the_caller(place: Place, auth: str, asks: bool) -> None:
    place.run("add", "note", "title:str", "--auth", "owner")
    place.run("add", "post", "note:ref/note", "--auth", auth, "--allow-dirty")
    assert ("OWNERS" in place.read("app/repository/post_repository.py")) is asks
    assert ("create_post(self, data: PostCreate, caller: Caller)" in place.read("app/service/post_service.py")) is asks


def test_a_range_filter_gets_an_index_if_none_exists(place: Place) -> None:
    place.run("add", "note", "a:int", "b:float", "c:datetime:null", "d:date:null:unique", "e:int:null:index", "f:str")
    schemas = place.read("app/domain/schemas/note.py")
    model = place.read("app/domain/models/note.py")
    for name, alone in (("a", False), ("b", True), ("c", True), ("d", False), ("e", True)):
        assert (f"    {name}_gte: " in schemas, f"    {name}_lt: " in schemas) == (True, True)
        assert ('"ix_notes_' + name + '"' in model) is alone
    assert "f_gte" not in schemas


def test_a_field_named_owner_alone_does_not_restrict_rows(place: Place) -> None:
    place.run("add", "thing", "owner:ref/user", "name:str")
    place.run("add", "post", "thing:ref/thing", "--auth", "owner", "--allow-dirty")
    assert "OWNERS" not in place.read("app/repository/post_repository.py")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_example_of_the_help_needs_no_quotes(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    example = _example()
    script = example.replace("mkbackend add", "python3 -c 'import sys; print(*sys.argv[1:], sep=chr(10))'", 1)
    output = subprocess.run((shell, "-c", script), cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert output.split() == example.replace("\\\n", " ").split()[2:]


def test_the_example_of_the_help_is_accepted(place: Place) -> None:
    place.run(*_example().replace("\\\n", " ").split()[1:])


def _example() -> str:
    """Return the example command in the help."""
    return (add.__doc__ or "").partition("Example:")[2].replace("\\b", "").replace("\b", "").strip()
