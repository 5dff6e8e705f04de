"""Tests of `mkbackend add` for an existing resource: the new fields are added to every file."""

import re
import subprocess

import pytest

from mkbackend.project.migrations import heads, read
from mkbackend.slices.resource.resource import EDITION

from .conftest import EVERY, Place, Refused

MODEL, SERVICE = "app/domain/models/article.py", "app/service/article_service.py"
SCHEMAS, SAMPLE = "app/domain/schemas/article.py", "tests/slices/article.py"


def test_unedited_files_equal_those_of_adding_all_fields_at_once(place: Place) -> None:
    place.run("add", "article", *EVERY)
    place.run("add", "article", "price:decimal/10/2:null", "mood:enum/good/bad=good")
    twice = {path: place.read(path) for path in _files(place)}
    for path in place.migrations():
        if "article" in path:
            (place.root / "alembic/versions" / path).unlink()
    place.git("clean", "-fdq")
    place.run("add", "article", *EVERY, "price:decimal/10/2:null", "mood:enum/good/bad=good")
    assert twice == {path: place.read(path) for path in _files(place)}


def _files(place: Place) -> list[str]:
    return [line[3:] for line in place.status() if "alembic" not in line and ".mkbackend" not in line]


def test_a_migration_adds_the_columns(place: Place) -> None:
    place.run("add", "article", "title:str")
    place.commit()
    place.run("add", "article", "views:int=0", "writer:ref/user:null:setnull", "note:text:null")
    (new,) = [line[3:] for line in place.status() if "alembic" in line]
    up, _, down = place.read(new).partition("def downgrade")
    for name in ("views", "writer_id", "note"):
        assert f'sa.Column("{name}"' in up
        assert f'op.drop_column("articles", "{name}")' in down
    at_once, _, meanwhile = up.partition("autocommit_block")
    assert "postgresql_not_valid=True" in at_once
    assert "VALIDATE CONSTRAINT fk_articles_writer_id_users" in meanwhile
    assert meanwhile.count("postgresql_concurrently=True") == meanwhile.count("_index(")
    assert re.search(r'drop_index\(\s*"ix_articles_search".*create_index\(\s*"ix_articles_search"', meanwhile, re.S)
    assert len(heads(read(place.root))) == 1


def test_the_suggested_command_undoes_it(place: Place) -> None:
    place.run("add", "article", "title:str")
    place.commit()
    output = place.run("add", "article", "views:int=0").output
    assert place.status() != []
    subprocess.run(output.partition("Undo:\n")[2].strip(), shell=True, check=True)  # noqa: S602  # as a person would
    assert place.status() == []


def test_edits_and_new_fields_are_merged(place: Place) -> None:
    place.run("add", "article", "title:str")
    place.edit(MODEL, "title: Mapped[str] = mapped_column(String(255))\n", _MINE)
    place.edit(SERVICE, '"""The use cases of articles."""', '"""Mine."""')
    place.commit()
    place.run("add", "article", "views:int=0", "author:ref/user:null")
    model, service = place.read(MODEL), place.read(SERVICE)
    assert "def is_short" in model
    assert "views: Mapped[int]" in model
    assert "author_id: Mapped[UUID | None]" in model
    assert '"""Mine."""' in service
    assert "_check_references" in service


def test_a_verbose_merge_shows_the_command_without_the_merged_files(place: Place) -> None:
    place.run("add", "article", "title:str")
    place.edit(MODEL, "title: Mapped[str] = mapped_column(String(255))\n", _MINE)
    place.commit()
    output = place.run("add", "article", "views:int=0", "--verbose").output
    assert "$ git merge-file" in output
    assert "def is_short" not in output


_MINE = """title: Mapped[str] = mapped_column(String(255))

    @property
    def is_short(self) -> bool:
        return len(self.title) < 9
"""


def test_lines_that_cannot_be_merged_are_reported(place: Place) -> None:
    place.run("add", "article", "title:str")
    place.edit(SCHEMAS, '"created_at", "updated_at", "title"', '"updated_at", "title"')
    place.commit()
    output = place.run("add", "article", "views:int=0").output
    assert SCHEMAS in output
    assert '"views"' in output
    assert SCHEMAS not in [line[3:] for line in place.status()]
    assert "views" in place.read(MODEL)


def test_a_deleted_file_is_not_recreated(place: Place) -> None:
    place.run("add", "article", "title:str")
    (place.root / SAMPLE).unlink()
    output = place.run("add", "article", "views:int=0").output
    assert SAMPLE in output
    assert not (place.root / SAMPLE).exists()


def test_a_unique_field_of_an_owners_slice_is_unique_for_each_owner(place: Place) -> None:
    place.run("add", "note", "slug:str:unique", "--auth", "owner")
    place.run("add", "note", "code:str:null:unique", "--allow-dirty")
    place.run("add", "rule", "slug:str:unique", "--auth", "admin", "--allow-dirty")
    for index in ('"uq_notes_slug","notes",["slug","owner_id"]', '"uq_notes_code","notes",["code","owner_id"]'):
        assert index in _squeezed(place)
    assert '"uq_rules_slug","rules",["slug"]' in _squeezed(place)


def test_a_slice_of_an_earlier_edition_keeps_its_layout(place: Place) -> None:
    place.run("add", "note", "slug:str:unique", "--auth", "owner")
    place.edit(".mkbackend/note.toml", f"edition = {EDITION}\n", "")
    place.run("add", "note", "code:str:null:unique", "--allow-dirty")
    assert "Note.owner_id,\n" not in place.read("app/domain/models/note.py")
    assert "FILTERS" not in place.read("app/repository/note_repository.py")
    assert '"uq_notes_code","notes",["code"]' in _squeezed(place)
    assert "edition = 1\n" in place.read(".mkbackend/note.toml")


def _squeezed(place: Place) -> str:
    """Return the text of all migrations without white space."""
    return "".join("".join(place.read(f"alembic/versions/{path}").split()) for path in place.migrations())


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "no new field"),
        (["views:int"], "would have no value"),
        (["slug:str:unique"], "would have no value"),
        (["title:str:null"], "'title' is defined twice"),
        (["l:int:null"], "rejects it as ambiguous"),
        (["views:int=0", "--auth", "admin"], "its auth is user"),
        (["views:int=0", "--plural", "papers"], "its plural is articles"),
        (["views:int=0", "--no-soft-delete"], "its soft_delete is True"),
    ],
)
def test_fields_that_existing_rows_cannot_have_are_refused(
    place: Place, refused: Refused, words: list[str], why: str
) -> None:
    place.run("add", "article", "title:str")
    assert why in refused("add", "article", *words)


def test_two_resources_can_refer_to_each_other(place: Place, refused: Refused) -> None:
    place.run("add", "author", "name:str")
    place.run("add", "book", "author:ref/author")
    place.run("add", "author", "best:ref/book:null:setnull")
    assert 'ForeignKey("books.id", ondelete="SET NULL", use_alter=True)' in place.read("app/domain/models/author.py")
    assert "use_alter" not in place.read("app/domain/models/book.py")
    assert "author cannot be removed: " in refused("remove", "author")


def test_a_bigint_of_an_earlier_record_stays_a_number_and_a_new_one_is_text(place: Place) -> None:
    place.run("add", "article", "views:bigint:number=0", "title:str")
    path = ".mkbackend/article.toml"
    place.edit(path, "grammar = 2\n", "")
    place.edit(path, '"views:bigint:number=0"', '"views:bigint=0"')
    schemas = place.read(SCHEMAS)
    place.run("add", "article", "likes:bigint=0", "--allow-dirty")
    assert 'views:bigint:number=0",\n' in place.read(path)
    assert "views: StrictInt8" in schemas
    assert "views: StrictInt8" in place.read(SCHEMAS)
    place.run("add", "article", "shares:bigint:null", "--allow-dirty")
    assert "    likes: Int8Text = 0\n" in place.read(SCHEMAS)
    assert "    shares: Int8Text | None\n" in place.read(SCHEMAS)


def test_an_email_and_a_url_can_be_added_to_a_resource(place: Place) -> None:
    place.run("add", "article", "title:str")
    place.run("add", "article", "contact:email:null:unique", "homepage:url=https://example.com")
    schemas = place.read(SCHEMAS)
    assert "    contact: CanonicalEmail | None = None\n" in schemas
    assert '    homepage: HttpUrlText = "https://example.com/"\n' in schemas
    assert "from app.domain.schemas.user import CanonicalEmail\n" in schemas


@pytest.mark.parametrize(
    ("word", "path", "name"),
    [
        ("mail:email", "app/domain/schemas/user.py", "CanonicalEmail"),
        ("site:url", "app/domain/schemas/types.py", "HttpUrlText"),
    ],
)
def test_a_type_that_the_template_lacks_is_refused(
    place: Place, refused: Refused, word: str, path: str, name: str
) -> None:
    place.edit(path, name, "Other")
    place.commit()
    assert f"{word}: {path} of this older template lacks {name}." in refused("add", "article", word).replace("\n", " ")


def test_a_bigint_as_text_needs_a_current_template(place: Place, refused: Refused) -> None:
    place.edit("app/domain/schemas/types.py", "Int8Text", "Int8Other")
    place.commit()
    assert "or send it as a number: views:bigint:number" in refused("add", "article", "views:bigint")
    place.run("add", "article", "views:bigint:number")
