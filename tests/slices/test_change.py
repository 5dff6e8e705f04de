"""Tests of `mkbackend change`: fields change in stages that a running release survives."""

import re
import subprocess

import pytest

from mkbackend.project.migrations import heads, read

from .conftest import Place, Refused

MODEL, SCHEMAS = "app/domain/models/booking.py", "app/domain/schemas/booking.py"
REPOSITORY, API = "app/repository/booking_repository.py", "tests/integration/test_booking_api.py"
RECORD = ".mkbackend/booking.toml"
FIELDS = (
    "title:str/80",
    "code:str/20:unique",
    "body:text",
    "note:text:null",
    "guests:int",
    "views:int=0",
    "price:decimal/10/2",
    "day:date",
    "status:enum/draft/published=draft",
)


@pytest.fixture
def booking(place: Place) -> Place:
    """Return a project with a committed resource."""
    place.run("add", "booking", *FIELDS)
    place.commit()
    return place


def _migration(place: Place) -> tuple[str, str]:
    """Return both functions of the only uncommitted migration, without white space."""
    (path,) = [line[3:] for line in place.status() if "alembic" in line]
    up, _, down = place.read(path).partition("def upgrade")[2].partition("def downgrade")
    assert len(heads(read(place.root))) == 1
    return "".join(up.split()), "".join(down.split())


def _change(place: Place, *words: str) -> str:
    """Run the command, then commit what it wrote; return its output."""
    output = place.run("change", "booking", *words).output
    place.commit()
    return output


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("title:str/80", "title:str/300", []),
        ("title:str/80", "title:text", []),
        ("title:str/80", "title:str/80:index=x", []),
        ("title:str/80", "title:str/80:null", []),
        ("title:str/80:null", "title:str/80", ["--fill", "none"]),
        ("title:str/80:null", "title:str/80=none", []),
        ("title:str/80:unique", "title:str/80", []),
        ("title:str/80", "title:str/80:unique", []),
        ("title:int=0", "title:int=5", []),
        ("title:int:null:index", "title:int:null", []),
        ("title:bigint", "title:bigint:number", []),
        ("title:decimal/10/2", "title:decimal/12/2", []),
        ("title:enum/a/b", "title:enum/a/b/c", []),
        ("title:enum/a/b=a", "title:enum/a/b:readonly=b", []),
        ("title:ref/user", "title:ref/user:cascade", []),
        ("title:ref/user:null", "title:ref/user:null:unique", []),
    ],
)
def test_files_after_the_contract_equal_those_of_a_new_resource(
    place: Place, before: str, after: str, words: list[str]
) -> None:
    place.run("add", "booking", "name:str", before)
    place.commit()
    _change(place, after, *words)
    if "[[pending]]" in place.read(RECORD):
        _change(place, "--contract")
    changed = {path: place.read(path) for path in _files(place)}
    place.run("remove", "booking")
    place.commit()
    place.run("add", "booking", "name:str", after)
    assert changed == {path: place.read(path) for path in changed}
    assert sorted(changed) == sorted(_files(place))


def _files(place: Place) -> list[str]:
    names = place.git("ls-files", "--cached", "--others", "--exclude-standard", "*booking*").splitlines()
    return [name for name in names if name.endswith(".py") and "alembic" not in name]


def test_an_index_is_created_and_dropped_without_blocking(booking: Place) -> None:
    booking.run("add", "booking", "seat:str/20:null")
    booking.commit()
    _change(booking, "seat:str/20:null:index")
    assert '"ix_bookings_seat"' in booking.read(MODEL)
    booking.run("change", "booking", "seat:str/20:null")
    up, down = _migration(booking)
    assert 'autocommit_block():op.drop_index("ix_bookings_seat"' in up
    assert "postgresql_concurrently=True" in up
    assert 'op.create_index("ix_bookings_seat"' in down


def test_unique_values_are_refused_with_a_message_before_the_database_refuses_them(booking: Place) -> None:
    output = _change(booking, "title:str/80:unique")
    assert "title: makes its values unique" in output
    assert '"uq_bookings_title": "This title is taken"' in booking.read(REPOSITORY)
    assert "uq_bookings_title" not in booking.read(MODEL)
    booking.run("change", "booking", "--contract")
    up, down = _migration(booking)
    assert 'op.create_index("uq_bookings_title"' in up
    assert 'op.drop_index("uq_bookings_title"' in down
    assert "uq_bookings_title" in booking.read(MODEL)


def test_a_unique_index_is_dropped_at_once(booking: Place) -> None:
    booking.run("change", "booking", "code:str/20")
    assert 'op.drop_index("uq_bookings_code","bookings",if_exists=True' in _migration(booking)[0]
    assert "[[pending]]" not in booking.read(RECORD)


def test_new_values_of_an_enum_are_read_before_they_are_written(booking: Place) -> None:
    booking.run("change", "booking", "status:enum/+archived/+lost")
    up, down = _migration(booking)
    assert "statusIN('draft','published','archived','lost')" in up
    assert up.index("postgresql_not_valid=True") < up.index("VALIDATECONSTRAINTck_bookings_status")
    assert "statusIN('draft','published')\")" in down
    schemas = "".join(booking.read(SCHEMAS).split())
    assert "Literal[BookingStatus.DRAFT,BookingStatus.PUBLISHED]" in schemas
    assert '("status", "archived")' in booking.read(API)
    booking.commit()
    booking.run("change", "booking", "--contract")
    assert [line for line in booking.status() if "alembic" in line] == []
    assert "Literal[BookingStatus.DRAFT" not in "".join(booking.read(SCHEMAS).split())
    assert '"status:enum/draft/published/archived/lost=draft"' in booking.read(RECORD)


def test_a_long_value_of_an_enum_makes_its_column_longer(booking: Place) -> None:
    booking.run("change", "booking", f"status:enum/+{'a' * 21}")
    up, down = _migration(booking)
    assert 'op.alter_column("bookings","status",type_=sa.String(length=40))' in up
    assert 'op.alter_column("bookings","status",type_=sa.String(length=20))' in down


def test_null_is_read_before_it_is_written(booking: Place) -> None:
    booking.run("change", "booking", "day:date:null")
    up, down = _migration(booking)
    assert 'op.alter_column("bookings","day",nullable=True)' in up
    assert "squawk-ignoreban-drop-not-null" in up
    assert 'op.alter_column("bookings","day",nullable=False)' in down
    schemas = booking.read(SCHEMAS)
    assert ("    day: Day\n" in schemas, "    day: date | None\n" in schemas) == (True, True)
    # The previous release sorts by it.
    assert '"ix_bookings_day_id"' in booking.read(MODEL)
    assert "ix_bookings_day_id" not in up
    booking.commit()
    booking.run("change", "booking", "--contract")
    assert 'op.drop_index("ix_bookings_day_id"' in _migration(booking)[0]
    assert "    day: Day | None = None\n" in booking.read(SCHEMAS)


def test_a_default_changes_at_once(booking: Place) -> None:
    booking.run("change", "booking", "views:int=7", "guests:int=2")
    up, down = _migration(booking)
    assert 'alter_column("bookings","views",server_default="7")' in up
    assert 'alter_column("bookings","guests",server_default=None)' in down
    assert "    guests: StrictInt4 = 2\n" in booking.read(SCHEMAS)


def test_a_renamed_field_keeps_its_column(booking: Place) -> None:
    _change(booking, "--rename", "guests:visitors", "--rename", "status:state", "--rename", "code:handle")
    assert booking.migrations()[-1].endswith("add_bookings.py")
    model = "".join(booking.read(MODEL).split())
    assert 'visitors:Mapped[int]=mapped_column("guests",key="visitors")' in model
    assert 'enum_column(BookingState,name="status",column="status",key="state"' in model
    assert 'Index("uq_bookings_code",Booking.handle' in model
    assert '"ix_bookings_{_column.name}_id"' in model
    assert '"visitors:int:column/guests"' in booking.read(RECORD)
    assert '"uq_bookings_code": "This handle is taken"' in booking.read(REPOSITORY)
    booking.run("change", "booking", "visitors:int:index")
    assert '"visitors:int:index:column/guests"' in booking.read(RECORD)
    booking.git("checkout", "--quiet", ".")
    _change(booking, "--rename", "visitors:guests")
    assert '"guests:int"' in booking.read(RECORD)


def test_constraints_and_steps_follow_a_renamed_field(place: Place) -> None:
    place.run(
        *("add", "booking", "venue:str/20", "begin:datetime", "finish:datetime:after/begin"),
        *("state:enum/new/done:readonly", "--transition", "new:done"),
        *("--unique", "venue+begin", "--no-overlap", "venue+begin..finish"),
    )
    place.commit()
    _change(place, "--rename", "begin:starts_at", "--rename", "state:status", "--rename", "venue:place")
    record = place.read(RECORD)
    for line in ('"place+starts_at"', '"place+starts_at..finish"', '"finish:datetime:after/starts_at"', '"new:done"'):
        assert line in record
    model = place.read(MODEL)
    for name in ("uq_bookings_venue_begin", "ex_bookings_venue_begin_finish", "finish > begin", "finish_after_begin"):
        assert name in model
    assert 'literal_column("begin")' in model
    assert "_set_status" in place.read("app/service/booking_service.py")


def test_a_dropped_column_stays_until_the_contract(booking: Place) -> None:
    _change(booking, "--drop", "body", "--drop", "guests", "--drop", "note")
    (migration,) = [name for name in booking.migrations() if "change" in name]
    expand = "".join(booking.read(f"alembic/versions/{migration}").split())
    assert """alter_column("bookings","body",server_default=sa.text("''"))""" in expand
    assert """alter_column("bookings","guests",server_default=sa.text("0"))""" in expand
    assert '"note"' not in expand
    model = "".join(booking.read(MODEL).split())
    assert '_kept.append_column(Column("body",Text(),server_default=text("\'\'"),nullable=False' in model
    assert 'Index("ix_bookings_guests_id",_kept.c.guests,_kept.c.id' in model
    # The previous release searches it, in this order.
    assert 'Index("ix_bookings_search",_kept.c.title,_kept.c.code,_kept.c.body,_kept.c.note,' in model
    assert "body" not in booking.read(SCHEMAS)
    booking.run("change", "booking", "--contract")
    up, down = _migration(booking)
    for name in ("body", "guests", "note"):
        assert f'op.drop_column("bookings","{name}")' in up
        assert f'op.add_column("bookings",sa.Column("{name}"' in down
    assert "_kept" not in booking.read(MODEL)


def test_constraints_and_steps_of_a_dropped_field_go_with_it(place: Place) -> None:
    place.run(
        *("add", "booking", "venue:str/20", "begin:datetime", "finish:datetime:after/begin"),
        *("state:enum/new/done:readonly", "--transition", "new:done", "--no-overlap", "venue+begin..finish"),
        *("--unique", "venue+finish"),
    )
    place.commit()
    place.run("change", "booking", "--drop", "finish", "--drop", "state")
    up, down = _migration(place)
    for name in ("ck_bookings_finish_after_begin", "ex_bookings_venue_begin_finish", "ck_bookings_state"):
        assert f'op.drop_constraint("{name}","bookings",if_exists=True)' in up
    assert 'op.drop_index("uq_bookings_venue_finish"' in up
    assert "EXCLUDEUSINGgist" in down
    assert "done" not in place.read("app/api/v1/booking_router.py")


def test_files_that_nothing_needs_any_more_are_deleted(booking: Place) -> None:
    booking.run("change", "booking", "--drop", "status")
    assert " D app/domain/booking.py" in booking.status()
    assert "app/domain/booking.py" not in booking.read(RECORD)


def test_null_is_filled_by_a_trigger_while_the_previous_release_runs(booking: Place) -> None:
    output = _change(booking, "note:text", "--fill", "it's: -")
    assert "note: drops the trigger that fills it" in output
    (path,) = [name for name in booking.migrations() if "change" in name]
    up = "".join(booking.read(f"alembic/versions/{path}").partition("def downgrade")[0].split())
    steps = ("ck_bookings_note_filled", "CREATEORREPLACETRIGGER", "COMMIT;", "VALIDATE", 'note",nullable=False')
    assert sorted(steps, key=up.index) == list(steps)
    assert "coalesce(NEW.note,\"\"'it''s\\\\:-')" in up
    assert "    note: LongText\n" in booking.read(SCHEMAS)
    booking.run("change", "booking", "--contract")
    up, down = _migration(booking)
    assert "DROPTRIGGERIFEXISTSfill_bookings_note" in up
    assert "squawk-ignoreban-drop-function" in up
    assert "CREATEORREPLACETRIGGERfill_bookings_note" in down


def test_a_default_fills_too(booking: Place) -> None:
    booking.run("change", "booking", "note:text=none")
    assert "coalesce(NEW.note,\"\"'none')" in _migration(booking)[0]


@pytest.mark.parametrize(
    ("word", "column", "back"),
    [
        ("guests:bigint", "guests_bigint", "-2147483648)"),
        ("price:decimal/12/4", "price_decimal_12_4", "round(NEW.price_decimal_12_4,2)"),
    ],
)
def test_a_wider_number_has_a_column_of_its_own(booking: Place, word: str, column: str, back: str) -> None:
    name = word.partition(":")[0]
    _change(booking, word)
    (path,) = [each for each in booking.migrations() if "change" in each]
    up = "".join(booking.read(f"alembic/versions/{path}").partition("def downgrade")[0].replace('" "', "").split())
    assert f'op.add_column("bookings",sa.Column("{column}"' in up
    assert back in re.sub('""', "", up)
    assert f'"{column}",nullable=False' in up
    assert "alter_column" in up
    assert "type_=" not in up
    model = "".join(booking.read(MODEL).split())
    assert f'Column("{name}",' in model
    assert f'key="{name}_kept"' in model
    assert f'"{word}:column/{column}"' in booking.read(RECORD)
    booking.run("change", "booking", "--contract")
    up, down = _migration(booking)
    assert f'op.drop_column("bookings","{name}")' in up
    assert down.index(f"SET{name}=") < down.index("CREATEORREPLACETRIGGER")
    assert "_kept" not in booking.read(MODEL)


def test_longer_text_needs_no_second_step(booking: Place) -> None:
    booking.run("change", "booking", "title:str/300", "code:str/30:unique")
    up, _ = _migration(booking)
    assert up.count("type_=sa.String(length=") == 2
    assert "squawk-ignorechanging-column-type" in up
    assert "[[pending]]" not in booking.read(RECORD)


def test_a_change_is_merged_into_edited_files(booking: Place) -> None:
    booking.edit(MODEL, "class Booking(BaseModel):", "class Booking(BaseModel):  # mine")
    booking.commit()
    booking.run("change", "booking", "title:str/300")
    model = booking.read(MODEL)
    assert "# mine" in model
    assert "title: Mapped[str] = mapped_column(String(300))" in model


def test_nothing_is_written_if_a_line_cannot_be_merged(booking: Place, refused: Refused) -> None:
    booking.edit(
        MODEL, "title: Mapped[str] = mapped_column(String(80))", "title: Mapped[str] = mapped_column(String(90))"
    )
    booking.commit()
    output = refused("change", "booking", "title:str/300")
    assert f"{MODEL}: the change cannot be merged into your edits" in output
    assert "mapped_column(String(300))" in output
    booking.run("change", "booking", "title:str/300", "--partial")
    assert "String(90)" in booking.read(MODEL)
    assert "max_length=300" in booking.read(SCHEMAS)


def test_a_dry_run_shows_and_writes_nothing(booking: Place) -> None:
    shown = booking.run("change", "booking", "title:str/300", "--dry-run").stdout
    assert shown.startswith("--- a/")
    assert "+    title: Mapped[str] = mapped_column(String(300))" in shown
    assert booking.status() == []


def test_the_suggested_command_undoes_it(booking: Place) -> None:
    output = booking.run("change", "booking", "--drop", "status", "--rename", "guests:visitors").output
    assert booking.status() != []
    subprocess.run(output.partition("Undo:\n")[2].strip(), shell=True, check=True)  # noqa: S602  # as a person would
    assert booking.status() == []


def test_changes_of_several_commands_share_a_contract(booking: Place) -> None:
    _change(booking, "--drop", "body")
    _change(booking, "note:text", "--fill", "-")
    booking.run("add", "booking", "seat:str/20:null")
    booking.commit()
    assert booking.read(RECORD).count("[[pending]]") == 2
    _change(booking, "--contract")
    assert "[[pending]]" not in booking.read(RECORD)
    assert '"seat:str/20:null"' in booking.read(RECORD)


def test_a_removed_resource_comes_back_with_what_it_kept(booking: Place) -> None:
    _change(booking, "--drop", "body")
    booking.run("remove", "booking")
    assert """sa.Column("body",sa.Text(),server_default=sa.text("''"),nullable=False)""" in _migration(booking)[1]


def test_a_field_that_exists_names_change(booking: Place, refused: Refused) -> None:
    assert "mkbackend change booking guests:bigint" in refused("add", "booking", "guests:bigint")


def test_a_step_leads_to_a_new_state_after_the_contract(place: Place, refused: Refused) -> None:
    place.run("add", "booking", "name:str", "status:enum/new/done:readonly", "--transition", "new:done")
    place.commit()
    _change(place, "status:enum/+lost")
    step = ("add", "booking", "--transition", "new:lost=lose")
    assert "the previous release cannot read lost" in refused(*step)
    _change(place, "--contract")
    place.run(*step)
    assert "async def lose_booking" in place.read("app/service/booking_service.py")


def test_a_field_cannot_take_a_column_that_is_kept(booking: Place, refused: Refused) -> None:
    _change(booking, "--drop", "body")
    assert "First mkbackend change booking --contract" in refused("add", "booking", "body:text:null")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "Nothing to change is given"),
        (["seats:int"], "booking has no field 'seats'"),
        (["guests:int"], "booking has this field already"),
        (["guests"], "the field has no type"),
        (["guests:str"], "int cannot become str"),
        (["guests:int:list"], "one value cannot become a list"),
        (["guests:int:after/views"], "the previous release would fail"),
        (["guests:int:column/other"], "its column is guests, and stays"),
        (["title:str/40"], "rows may be longer"),
        (["price:decimal/8/2"], "rows may have more digits"),
        (["price:decimal/12/2:null"], "these are two changes in stages"),
        (["status:enum/draft/archived"], "rows may have the value published"),
        (["status:enum/-draft"], "'-draft' is no new value"),
        (["status:enum/+lost=draft"], "+ adds values only"),
        (["status:enum/draft/published/lost=lost"], "the previous release cannot read this default"),
        (["note:text"], "existing rows may have null"),
        (["note:text", "--fill", "a$b"], "a $ would end the trigger's text"),
        (["note:text", "--fill", ""], "is not a valid text"),
        (["title:str/90", "--fill", "x"], "no field becomes required"),
        (["--drop", "seats"], "booking has no field 'seats'"),
        (["--rename", "guests"], "Use --rename guests:visitors"),
        (["--rename", "guests:views"], "'views' is defined twice"),
        (["--rename", "guests:self"], "'self' cannot name a field"),
        (["--contract"], "no change of booking waits for it"),
        (["--contract", "guests:bigint"], "--contract takes no further change"),
    ],
)
def test_an_unsafe_or_invalid_change_is_refused(booking: Place, refused: Refused, words: list[str], why: str) -> None:
    assert why in refused("change", "booking", *words)


@pytest.mark.parametrize(
    ("fields", "words", "why"),
    [
        (["writer:ref/user"], ["--drop", "writer"], "Release mkbackend change note writer:ref/user:null first"),
        (["writer:ref/user:null"], ["writer:ref/user", "--fill", "x"], "cannot be filled with one value"),
        (["code:str:null:unique"], ["code:str:unique", "--fill", "x"], ":unique excludes one value for all rows"),
        (["a:ref/user"], ["a:ref/note:null"], "a reference cannot lead elsewhere"),
        (["a:int:list"], ["a:bigint:list"], "a wider list would rewrite the table"),
        (["a:int:unique"], ["a:bigint:unique"], "which two columns cannot share"),
        (["a:int", "b:int:after/a"], ["a:bigint"], "which two columns cannot share"),
        (["a:int", "b:int:after/a"], ["--drop", "a"], "First mkbackend change note b:int"),
        (["a:ref/user:owner"], ["a:ref/user:null"], "the owner of rows cannot change"),
        (["a:ref/user:owner"], ["--rename", "a:b"], "it cannot be renamed"),
        (["many:many/tag"], ["--drop", "many"], "a link is a table"),
        (["many:many/tag"], ["many:text"], "a link cannot change"),
    ],
)
def test_a_change_that_constraints_forbid_is_refused(
    place: Place, refused: Refused, fields: list[str], words: list[str], why: str
) -> None:
    place.run("add", "tag", "name:str")
    place.run("add", "note", "title:str", *fields, "--allow-dirty")
    place.commit()
    assert why in refused("change", "note", *words)


def test_the_last_field_that_requests_set_cannot_go(place: Place, refused: Refused) -> None:
    place.run("add", "note", "title:str", "views:int:readonly")
    place.commit()
    assert "would have no field that requests set" in refused("change", "note", "--drop", "title")


def test_two_fields_cannot_share_one_fill(place: Place, refused: Refused) -> None:
    place.run("add", "note", "title:str:null", "text_of:str:null")
    place.commit()
    assert "several fields become required" in refused("change", "note", "title:str", "text_of:str", "--fill", "x")


def test_a_field_waits_for_its_contract(booking: Place, refused: Refused) -> None:
    _change(booking, "title:str/80:unique")
    for words in (["title:str/80"], ["--drop", "title"], ["--rename", "title:name"]):
        assert "When it is: mkbackend change booking --contract" in refused("change", "booking", *words)


def test_a_damaged_change_in_a_record_is_named(booking: Place, refused: Refused) -> None:
    _change(booking, "--drop", "body")
    booking.edit(RECORD, 'kind = "drop"', 'kind = "eat"')
    assert "unknown kind of change 'eat'" in refused("change", "booking", "--contract", "--allow-dirty")


def test_an_enum_cannot_be_renamed_in_a_project_of_an_older_template(booking: Place, refused: Refused) -> None:
    booking.edit("app/domain/models/base.py", "    column: str | None = None,\n", "")
    booking.commit()
    assert "cannot name a column" in refused("change", "booking", "--rename", "status:state")


def test_uncommitted_changes_and_unknown_resources_are_refused(booking: Place, refused: Refused) -> None:
    assert "was not added" in refused("change", "nothing", "a:int")
    booking.edit("app/main.py", '"""', '"""Mine. ')
    assert "app/main.py" in refused("change", "booking", "title:str/300")


@pytest.mark.parametrize("word", ["a:int:column/", "a:int:column/id", "a:int:column/select", "a:int:column/b:column/c"])
def test_a_column_that_a_table_cannot_have_is_refused(refused: Refused, word: str) -> None:
    assert "column" in refused("add", "note", word)


def test_two_fields_cannot_have_one_column(refused: Refused) -> None:
    assert "have one column" in refused("add", "note", "a:int", "b:int:column/a")


def test_a_key_goes_after_the_tables_that_requests_read_first_are_locked(place: Place) -> None:
    place.run("add", "room", "name:str")
    place.run("add", "booking", "name:str", "room:ref/room:null", "writer:ref/user:null", "--allow-dirty")
    place.commit()
    _change(place, "--drop", "writer", "--drop", "room")
    assert 'ForeignKey("users.id",' in "".join(place.read(MODEL).split())
    place.run("change", "booking", "--contract")
    up, _ = _migration(place)
    assert up.index("LOCKTABLEusers,roomsINACCESSEXCLUSIVEMODE") < up.index("drop_constraint")


def test_a_second_change_within_a_minute_has_a_migration_of_its_own(booking: Place) -> None:
    _change(booking, "views:int=1")
    _change(booking, "views:int=2")
    names = [name for name in booking.migrations() if "change_views" in name]
    assert len(names) == 2
    assert len(heads(read(booking.root))) == 1
