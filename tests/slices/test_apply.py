"""Tests of `mkbackend apply`: a project is brought up to its model file in one step, or not at all."""

import re
from cProfile import Profile
from pathlib import Path

import pytest

from mkbackend.project.migrations import heads, read
from mkbackend.slices.model.batch import Batch
from mkbackend.slices.model.compare import compare
from mkbackend.slices.model.model import parsed
from mkbackend.slices.rendering import templating
from mkbackend.slices.survey import survey

from .conftest import Place, Refused

BOOKINGS = Path(__file__).parents[2] / "examples/bookings.toml"
# As `add` has it, in the order of the references.
LINES = """
venue name:str/80 --auth catalogue
room name:str/80 venue:ref/venue:nested seats:int --auth catalogue
tag name:str/40:unique --auth owner
booking user:ref/user:owner room:ref/room:nested starts_at:datetime ends_at:datetime:after/starts_at
price:decimal/10/2:readonly status:enum/pending/confirmed/done/cancelled:readonly tags:many/tag note:text:null
--no-overlap room+starts_at..ends_at --transition pending:confirmed --transition confirmed:done
--transition pending:cancelled --transition confirmed:cancelled
"""
TWO = '[book]\nfields = ["title:str", "author:ref/author"]\n\n[author]\nfields = ["name:str"]\n'


def apply(place: Place, text: str, *options: str, code: int = 0) -> str:
    """Run the command on a model file outside of the project; return its output on one line."""
    file = place.root.parent / "model.toml"
    file.write_text(text, encoding="utf-8")
    return " ".join(place.run("apply", str(file), *options, code=code).output.split())


def refused(place: Place, text: str, *options: str) -> str:
    before = place.status()
    output = apply(place, text, *options, code=2)
    assert place.status() == before
    return output


def files(place: Place) -> dict[str, str]:
    """Return the new files, without migrations and records, in which numbers are random."""
    paths = [line[3:] for line in place.status()]
    return {path: place.read(path) for path in paths if not path.startswith(("alembic", ".mkbackend"))}


def fields(place: Place, name: str) -> str:
    """Return the fields in a record, on one line."""
    return "".join(place.read(f".mkbackend/{name}.toml").partition("fields = [")[2].partition("]")[0].split())


def test_the_bookings_example_equals_adding_one_resource_after_the_other(place: Place) -> None:
    apply(place, BOOKINGS.read_text(encoding="utf-8"))
    at_once = files(place)
    assert len([name for name in place.migrations() if re.search("venues|rooms|tags|bookings", name)]) == 4
    place.git("clean", "-fdq")
    for line in LINES.strip().replace("\nprice", " price").replace("\n--", " --").splitlines():
        place.run("add", *line.split())
    assert at_once == files(place)


def test_a_second_run_has_nothing_to_do(place: Place) -> None:
    text = BOOKINGS.read_text(encoding="utf-8")
    apply(place, text)
    before = {path.name: path.stat().st_mtime_ns for path in place.root.rglob("*.*")}
    assert "Nothing to do" in apply(place, text)
    printed = place.run("model").output
    assert "Nothing to do" in apply(place, printed)
    place.commit()
    place.run("remove", "booking")
    assert "add booking" in apply(place, printed)
    assert place.run("model").output == printed
    assert before.keys() <= {path.name for path in place.root.rglob("*.*")}


def test_resources_are_created_in_the_order_of_their_references(place: Place) -> None:
    shown = apply(place, TWO)
    assert shown.index("add author name") < shown.index("add book title, author")
    migrations = read(place.root)
    assert len(heads(migrations)) == 1
    revisions = {name: _revision(place, name) for name in ("add_authors", "add_books")}
    assert next(one for one in migrations if one.revision == revisions["add_books"]).follows == (
        revisions["add_authors"],
    )


def _revision(place: Place, part: str) -> str:
    (name,) = [name for name in place.migrations() if part in name]
    (found,) = re.finditer(r'^revision: str = "(\w+)"', place.read(f"alembic/versions/{name}"), re.MULTILINE)
    return found[1]


def test_mutual_references_are_completed_after_both_tables_exist(place: Place) -> None:
    mutual = """
    team = { fields = ["name:str", "captain:ref/player:null", "parent:ref/team:null"], unique = ["name+captain"] }
    player = { fields = ["name:str", "team:ref/team"] }
    """
    apply(place, mutual)
    assert len(heads(read(place.root))) == 1
    teams, captain = (place.read(f"alembic/versions/{_file(place, name)}") for name in ("add_teams", "add_captain"))
    assert "captain" not in teams
    assert 'create_foreign_key("fk_teams_captain_id_players"' in " ".join(captain.replace("(\n", "(").split()).replace(
        "( ", "("
    )
    assert "uq_teams_name_captain_id" in captain
    once = files(place)
    assert "Nothing to do" in apply(place, mutual)
    place.git("clean", "-fdq")
    place.run("add", "team", "name:str", "parent:ref/team:null")
    place.run("add", "player", "name:str", "team:ref/team")
    place.run("add", "team", "captain:ref/player:null", "--unique", "name+captain")
    assert once.keys() == files(place).keys()
    assert "use_alter=True" in once["app/domain/models/team.py"]


def _file(place: Place, part: str) -> str:
    (name,) = [name for name in place.migrations() if part in name]
    return name


def test_new_fields_are_added_and_edited_files_merged(place: Place) -> None:
    apply(place, TWO)
    place.edit("app/service/book_service.py", '"""The use cases of books."""', '"""Mine."""')
    place.edit("app/domain/schemas/author.py", "name", "label")
    place.commit()
    more = TWO.replace('"title:str"', '"title:str", "tags:many/tag", "pages:int=1"').replace(
        '"name:str"', '"name:str", "born:date:null"'
    )
    shown = apply(place, more + '[tag]\nfields = ["name:str"]\n')
    assert "add tag name change book tags:many/tag pages:int=1 change author born:date:null" in shown
    assert "You edited app/domain/schemas/author.py where these lines belong" in shown
    assert "+ born" in shown
    assert '"""Mine."""' in place.read("app/service/book_service.py")
    assert "pages: Mapped[int]" in place.read("app/domain/models/book.py")
    assert len(heads(read(place.root))) == 1
    assert "Nothing to do" in apply(place, more + '[tag]\nfields = ["name:str"]\n')


def test_new_constraints_and_steps_are_added(place: Place) -> None:
    fields = 'fields = ["name:str", "size:int", "state:enum/a/b/c:readonly"]\n'
    apply(place, f"[thing]\n{fields}")
    place.commit()
    more = f'[thing]\n{fields}unique = ["name+size"]\ntransitions = ["a:b=go"]\n'
    assert "change thing name+size a:b=go" in apply(place, more)
    assert "uq_things_name_size" in place.read("app/domain/models/thing.py")
    assert '"/{thing_id}/go"' in place.read("app/api/v1/thing_router.py")
    place.commit()
    assert "Nothing to do" in apply(place, more)
    assert "which the file lacks" in refused(place, f"[thing]\n{fields}")


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ('fields = ["title:str/80", "pages:int"]', "mkbackend change book title:str/80"),
        ('fields = ["title:str:unique", "pages:int"]', "mkbackend change book title:str:unique"),
        ('fields = ["title:str"]', "book has pages:int, which the file lacks"),
        ('fields = ["title:str"]', "mkbackend change book --drop pages"),
        ('fields = ["title:str", {field = "leaves:int", was = "pages"}]', "book --rename pages:leaves"),
        (
            'fields = ["title:text"]',
            "mkbackend change book title:text && mkbackend change book --drop pages",
        ),
        ('auth = "owner"\nfields = ["title:str", "pages:int"]', "book has read = user, in the file owner"),
        ('plural = "folk"\nfields = ["title:str", "pages:int"]', "book has plural = books, in the file folk"),
        ('soft_delete = false\nfields = ["title:str", "pages:int"]', "book has soft_delete = true, in the file false"),
        ('soft_delete = false\nfields = ["title:str", "pages:int"]', "mkbackend remove book"),
        ('fields = ["title:str", "pages:int", "price:int"]', "existing rows would have no value"),
        ('no_overlap = ["title+pages..last"]\nfields = ["title:str", "pages:int", "last:int=0"]', "locks a table"),
    ],
)
def test_a_change_of_what_exists_is_refused_with_the_command_for_it(place: Place, table: str, why: str) -> None:
    place.run("add", "book", "title:str", "pages:int")
    assert why in refused(place, f"[book]\n{table}\n")


@pytest.mark.parametrize(
    "words",
    [
        '"title:text:null", "pages:int", "mood:enum/a/b"',
        '"title:str", "pages:bigint", "mood:enum/a/b/c"',
        '"title:str", { field = "leaves:int", was = "pages" }, "mood:enum/a/b"',
        '"title:str:unique", "mood:enum/a/b"',
    ],
)
def test_the_named_commands_bring_the_project_up_to_the_file(place: Place, words: str) -> None:
    place.run("add", "book", "title:str", "pages:int", "mood:enum/a/b")
    place.commit()
    file = _written(place, f"[book]\nfields = [{words}]\n")
    fix = place.run("apply", file, code=2).output.splitlines()[-1]
    for command in fix.split("&&"):
        place.run(*command.split()[1:])
        place.commit()
    assert "Nothing to do" in place.run("apply", file).output


def test_an_equal_description_in_other_words_changes_nothing(place: Place) -> None:
    place.run(
        "add", "thing", "name:str/255:index:null", "size:int", "state:enum/a/b:readonly", "--unique", "size+state"
    )
    table = 'fields = ["state:enum/a/b:readonly=a", "name:str:null:index", "size:int"]\nunique = ["state+size"]\n'
    assert "Nothing to do" in apply(place, f'[thing]\nread = "user"\n{table}')


def test_a_record_of_an_older_version_keeps_its_meaning(place: Place) -> None:
    place.run("add", "thing", "size:bigint", "name:str")
    record = ".mkbackend/thing.toml"
    place.write(record, place.read(record).replace("grammar = 2\n", "").replace("edition = 3", "edition = 1"))
    printed = place.run("model").output
    assert '"size:bigint:number"' in printed
    assert "Nothing to do" in apply(place, printed)
    assert "mkbackend change thing size:bigint" in refused(place, '[thing]\nfields = ["size:bigint", "name:str"]\n')


def test_a_renamed_field_is_only_a_note_once_it_is_renamed(place: Place) -> None:
    text = '[book]\nfields = ["title:str", { field = "leaves:int", was = "pages" }]\n'
    apply(place, text)
    assert "leaves" in fields(place, "book")
    assert "Nothing to do" in apply(place, text)


def test_a_resource_that_the_file_lacks_is_kept_and_named(place: Place) -> None:
    apply(place, TWO)
    shown = apply(place, '[author]\nfields = ["name:str"]\n')
    assert "keep book model.toml lacks it: --prune removes it Nothing to do" in shown
    assert (place.root / ".mkbackend/book.toml").is_file()


def test_pruned_resources_are_removed_and_their_names_free(place: Place) -> None:
    apply(place, TWO)
    place.edit("app/service/book_service.py", '"""The use cases of books."""', '"""Mine."""')
    text = '[volume]\nplural = "authors"\nfields = ["name:str"]\n'
    assert "'authors' is taken" in refused(place, text)
    shown = apply(place, text, "--prune")
    assert "remove author" in shown
    assert "remove book" in shown
    assert "Kept, because you edited them: app/service/book_service.py." in shown
    assert sorted(path.name for path in (place.root / ".mkbackend").glob("*.toml")) == ["volume.toml"]
    assert [name for name in place.migrations() if "books" in name] == []
    assert len(heads(read(place.root))) == 1


def test_committed_tables_of_pruned_resources_are_dropped_in_the_order_of_references(place: Place) -> None:
    apply(place, TWO)
    place.commit()
    apply(place, '[note]\nfields = ["text:text"]\n', "--prune")
    follows = {one.revision: one.follows for one in read(place.root)}
    dropped = [_revision(place, name) for name in ("remove_books", "remove_authors", "add_notes")]
    assert follows[dropped[1]] == (dropped[0],)
    assert follows[dropped[2]] == (dropped[1],)


def test_a_resource_to_which_others_refer_is_not_pruned(place: Place) -> None:
    apply(place, TWO)
    book = TWO.partition("[author]")[0]
    assert "app/domain/models/book.py refers to authors" in refused(place, book, "--prune")


def test_a_dry_run_shows_the_plan_and_the_diff(place: Place) -> None:
    shown = apply(place, TWO, "--dry-run")
    assert "add author name add book title, author" in shown
    assert "+class Book(BaseModel):" in shown
    assert place.status() == []


def test_if_a_file_cannot_be_written_no_file_is(place: Place) -> None:
    (place.root / "tests/unit/.test_book_service.py.new").mkdir()
    apply(place, TWO, code=1)
    assert place.status() == []
    assert not (place.root / ".mkbackend").exists()


def test_one_invalid_resource_leaves_all_unwritten(place: Place) -> None:
    assert "unknown resource 'nobody'" in refused(place, TWO + '[note]\nfields = ["by:ref/nobody"]\n')
    assert "'auth' is taken" in refused(place, TWO + '[thing]\nplural = "auth"\nfields = ["a:str"]\n')
    assert "'folk' is taken" in refused(place, _folk("man") + _folk("woman"))
    assert "app/api/v1/book_nested_router.py exists" in refused(
        place, TWO.replace("ref/author", "ref/author:nested") + '[book_nested]\nfields = ["a:str"]\n'
    )
    assert "None.toml: No such file" in " ".join(place.run("apply", "None.toml", code=2).output.split())


def _folk(name: str) -> str:
    return f'[{name}]\nplural = "folk"\nfields = ["name:str"]\n'


def test_the_model_file_may_be_uncommitted_but_no_other_file(place: Place, refused: Refused) -> None:
    place.write("model.toml", "# empty\n")
    place.commit()
    place.write("model.toml", TWO)
    file = str(place.root / "model.toml")
    place.run("apply", file)
    place.edit("app/main.py", '"""', '"""Mine. ')
    place.write("model.toml", TWO.replace('"name:str"', '"name:str", "age:int=0"'))
    assert "uncommitted changes: app/main.py" in refused("apply", file)
    place.run("apply", file, "--allow-dirty")


def test_the_suggested_commands_undo_it(place: Place) -> None:
    undo = place.run("apply", _written(place, TWO)).output.partition("Undo:\n")[2].split("&&")
    for command in undo:
        place.run(*command.split()[1:])
    assert place.status() == []
    apply(place, TWO)
    place.commit()
    more = _written(place, TWO.replace('"name:str"', '"name:str", "age:int=0"'))
    for command in place.run("apply", more).output.partition("Undo:\n")[2].split("&&"):
        program, *words = command.split()
        place.git(*words[words.index("restore" if "restore" in words else "clean") :])
        assert program == "git"
    assert place.status() == []


def _written(place: Place, text: str) -> str:
    file = place.root.parent / "model.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_migrations_with_the_same_beginning_get_different_files(place: Place) -> None:
    tables = [f'[{name}]\nfields = ["name:str"]\n' for name in ("book", "note")]
    apply(place, "".join(tables))
    place.commit()
    more = [
        table.replace("]\n", "", 0).replace('"name:str"', f'"name:str", "{"a" * 30}:int=0", "b:int=0"')
        for table in tables
    ]
    apply(place, "".join(more))
    assert len([line for line in place.status() if line.startswith("??") and "alembic" in line]) == 2
    assert len(heads(read(place.root))) == 1


def test_the_planned_survey_equals_that_of_the_written_project(place: Place) -> None:
    batch = Batch(survey(place.root))
    wanted = parsed(BOOKINGS.read_text(encoding="utf-8"), "bookings.toml")
    batch.create(compare(wanted, []).new)
    apply(place, BOOKINGS.read_text(encoding="utf-8"))
    after = survey(place.root)
    assert (batch.found.models, batch.found.tables, batch.found.routes) == (after.models, after.tables, after.routes)
    assert batch.found.leads == after.leads


def test_ten_resources_call_few_functions(place: Place) -> None:
    """Ten resources take well under four seconds: functions are counted, because times depend on the machine."""
    place.run("add", "warm", "name:str")
    names = ["city", *(f"thing_{number}" for number in range(9))]
    more = ', "city:ref/city:nested", "price:decimal/10/2", "status:enum/draft/published=draft", "tags:str:list"'
    tables = [f'[{name}]\nfields = ["name:str:unique"{more if name != "city" else ""}]\n' for name in names]
    file = _written(place, "".join(tables))
    templating.environment.cache_clear()
    with Profile() as profile:
        place.run("apply", file)
    assert sum(entry.callcount for entry in profile.getstats()) < 900_000
    assert len(list((place.root / ".mkbackend").glob("*.toml"))) == 11


def test_a_project_without_resources_has_no_model(refused: Refused) -> None:
    assert "No resource was added. mkbackend add" in refused("model")
