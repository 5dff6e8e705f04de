"""Tests of `mkbackend change`: every file follows the field."""

import subprocess

import pytest

from mkbackend.project.migrations import heads, read

from .bookings import MODEL, RECORD, REPOSITORY, SCHEMAS, change, migration_of
from .conftest import Place, Refused


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
    change(place, after, *words)
    if "[[pending]]" in place.read(RECORD):
        change(place, "--contract")
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
    change(booking, "seat:str/20:null:index")
    assert '"ix_bookings_seat"' in booking.read(MODEL)
    booking.run("change", "booking", "seat:str/20:null")
    up, down = migration_of(booking)
    assert 'autocommit_block():op.drop_index("ix_bookings_seat"' in up
    assert "postgresql_concurrently=True" in up
    assert 'op.create_index("ix_bookings_seat"' in down


def test_a_unique_index_is_dropped_at_once(booking: Place) -> None:
    booking.run("change", "booking", "code:str/20")
    assert 'op.drop_index("uq_bookings_code","bookings",if_exists=True' in migration_of(booking)[0]
    assert "[[pending]]" not in booking.read(RECORD)


def test_a_long_value_of_an_enum_makes_its_column_longer(booking: Place) -> None:
    booking.run("change", "booking", f"status:enum/+{'a' * 21}")
    up, down = migration_of(booking)
    assert 'op.alter_column("bookings","status",type_=sa.String(length=40))' in up
    assert 'op.alter_column("bookings","status",type_=sa.String(length=20))' in down


def test_a_default_changes_at_once(booking: Place) -> None:
    booking.run("change", "booking", "views:int=7", "guests:int=2")
    up, down = migration_of(booking)
    assert 'alter_column("bookings","views",server_default="7")' in up
    assert 'alter_column("bookings","guests",server_default=None)' in down
    assert "    guests: StrictInt4 = 2\n" in booking.read(SCHEMAS)


def test_a_renamed_field_keeps_its_column(booking: Place) -> None:
    change(booking, "--rename", "guests:visitors", "--rename", "status:state", "--rename", "code:handle")
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
    change(booking, "--rename", "visitors:guests")
    assert '"guests:int"' in booking.read(RECORD)


def test_constraints_and_steps_follow_a_renamed_field(place: Place) -> None:
    place.run(
        *("add", "booking", "venue:str/20", "begin:datetime", "finish:datetime:after/begin"),
        *("state:enum/new/done:readonly", "--transition", "new:done"),
        *("--unique", "venue+begin", "--no-overlap", "venue+begin..finish"),
    )
    place.commit()
    output = change(place, "--rename", "begin:starts_at", "--rename", "state:status", "--rename", "venue:place")
    assert "Dropped" not in output
    record = place.read(RECORD)
    for line in ('"place+starts_at"', '"place+starts_at..finish"', '"finish:datetime:after/starts_at"', '"new:done"'):
        assert line in record
    model = place.read(MODEL)
    for name in ("uq_bookings_venue_begin", "ex_bookings_venue_begin_finish", "finish > begin", "finish_after_begin"):
        assert name in model
    assert 'literal_column("begin")' in model
    assert "_set_status" in place.read("app/service/booking_service.py")


def test_constraints_and_steps_of_a_dropped_field_go_with_it(place: Place) -> None:
    place.run(
        *("add", "booking", "venue:str/20", "begin:datetime", "finish:datetime:after/begin"),
        *("state:enum/new/done:readonly", "--transition", "new:done", "--no-overlap", "venue+begin..finish"),
        *("--unique", "venue+finish"),
    )
    place.commit()
    output = place.run("change", "booking", "--drop", "finish", "--drop", "state").output
    lines = ("--unique venue+finish", "--no-overlap venue+begin..finish", "--transition new:done")
    assert "\n  ".join(("Dropped too, because a dropped field is part of it:", *lines)) + "\n\n" in output
    up, down = migration_of(place)
    for name in ("ck_bookings_finish_after_begin", "ex_bookings_venue_begin_finish", "ck_bookings_state"):
        assert f'op.drop_constraint("{name}","bookings",if_exists=True)' in up
    assert 'op.drop_index("uq_bookings_venue_finish"' in up
    assert "EXCLUDEUSINGgist" in down
    assert "done" not in place.read("app/api/v1/booking_router.py")


def test_files_that_nothing_needs_any_more_are_deleted(booking: Place) -> None:
    booking.run("change", "booking", "--drop", "status")
    assert " D app/domain/booking.py" in booking.status()
    assert "app/domain/booking.py" not in booking.read(RECORD)


def test_longer_text_needs_no_second_step(booking: Place) -> None:
    booking.run("change", "booking", "title:str/300", "code:str/30:unique")
    up, _ = migration_of(booking)
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


def test_a_field_that_exists_names_change(booking: Place, refused: Refused) -> None:
    assert "mkbackend change booking guests:bigint" in refused("add", "booking", "guests:bigint")


def test_a_second_change_within_a_minute_has_a_migration_of_its_own(booking: Place) -> None:
    change(booking, "views:int=1")
    change(booking, "views:int=2")
    names = [name for name in booking.migrations() if "change_views" in name]
    assert len(names) == 2
    assert len(heads(read(booking.root))) == 1
