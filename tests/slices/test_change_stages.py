"""Tests of changes in stages: a running release survives the first migration; the contract writes the second."""

import re

import pytest

from .bookings import API, MODEL, RECORD, REPOSITORY, SCHEMAS, change, migration_of
from .conftest import Place, Refused


def test_unique_values_are_refused_with_a_message_before_the_database_refuses_them(booking: Place) -> None:
    output = change(booking, "title:str/80:unique")
    assert "title: makes its values unique" in output
    assert '"uq_bookings_title": "This title is taken"' in booking.read(REPOSITORY)
    assert "uq_bookings_title" not in booking.read(MODEL)
    booking.run("change", "booking", "--contract")
    up, down = migration_of(booking)
    assert 'op.create_index("uq_bookings_title"' in up
    assert 'op.drop_index("uq_bookings_title"' in down
    assert "uq_bookings_title" in booking.read(MODEL)


def test_new_values_of_an_enum_are_read_before_they_are_written(booking: Place) -> None:
    booking.run("change", "booking", "status:enum/+archived/+lost")
    up, down = migration_of(booking)
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


def test_a_step_leads_to_a_new_state_after_the_contract(place: Place, refused: Refused) -> None:
    place.run("add", "booking", "name:str", "status:enum/new/done:readonly", "--transition", "new:done")
    place.commit()
    change(place, "status:enum/+lost")
    step = ("add", "booking", "--transition", "new:lost=lose")
    assert "the previous release cannot read lost" in refused(*step)
    change(place, "--contract")
    place.run(*step)
    assert "async def lose_booking" in place.read("app/service/booking_service.py")


def test_null_is_read_before_it_is_written(booking: Place) -> None:
    booking.run("change", "booking", "day:date:null")
    up, down = migration_of(booking)
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
    assert 'op.drop_index("ix_bookings_day_id"' in migration_of(booking)[0]
    assert "    day: Day | None = None\n" in booking.read(SCHEMAS)


def test_a_dropped_column_stays_until_the_contract(booking: Place) -> None:
    change(booking, "--drop", "body", "--drop", "guests", "--drop", "note")
    (migration,) = [name for name in booking.migrations() if "change" in name]
    expand = "".join(booking.read(f"alembic/versions/{migration}").split())
    assert """alter_column("bookings","body",server_default=sa.text("''"))""" in expand
    assert """alter_column("bookings","guests",server_default=sa.text("0"))""" in expand
    assert '"note"' not in expand
    model = "".join(booking.read(MODEL).split())
    assert '_kept.append_column(Column("body",Text(),server_default=text("\'\'"),nullable=False' in model
    assert 'Index("ix_bookings_guests_id",_kept.c["guests"],_kept.c["id"]' in model
    # The previous release searches it, in this order.
    assert 'Index("ix_bookings_search",_kept.c["title"],_kept.c["code"],_kept.c["body"],_kept.c["note"],' in model
    assert "body" not in booking.read(SCHEMAS)
    booking.run("change", "booking", "--contract")
    up, down = migration_of(booking)
    for name in ("body", "guests", "note"):
        assert f'op.drop_column("bookings","{name}")' in up
        assert f'op.add_column("bookings",sa.Column("{name}"' in down
    assert "_kept" not in booking.read(MODEL)


def test_null_is_filled_by_a_trigger_while_the_previous_release_runs(booking: Place) -> None:
    output = change(booking, "note:text", "--fill", "it's: -")
    assert "note: drops the trigger that fills it" in output
    (path,) = [name for name in booking.migrations() if "change" in name]
    up = "".join(booking.read(f"alembic/versions/{path}").partition("def downgrade")[0].split())
    steps = ("ck_bookings_note_filled", "CREATEORREPLACETRIGGER", "COMMIT;", "VALIDATE", 'note",nullable=False')
    assert sorted(steps, key=up.index) == list(steps)
    assert "coalesce(NEW.note,\"\"'it''s\\\\:-')" in up
    assert "    note: LongText\n" in booking.read(SCHEMAS)
    booking.run("change", "booking", "--contract")
    up, down = migration_of(booking)
    assert "DROPTRIGGERIFEXISTSfill_bookings_note" in up
    assert "squawk-ignoreban-drop-function" in up
    assert "CREATEORREPLACETRIGGERfill_bookings_note" in down


def test_a_default_fills_too(booking: Place) -> None:
    booking.run("change", "booking", "note:text=none")
    assert "coalesce(NEW.note,\"\"'none')" in migration_of(booking)[0]


@pytest.mark.parametrize(
    ("word", "column", "back"),
    [
        ("guests:bigint", "guests_bigint", "-2147483648)"),
        ("price:decimal/12/4", "price_decimal_12_4", "round(NEW.price_decimal_12_4,2)"),
    ],
)
def test_a_wider_number_has_a_column_of_its_own(booking: Place, word: str, column: str, back: str) -> None:
    name = word.partition(":")[0]
    change(booking, word)
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
    up, down = migration_of(booking)
    assert f'op.drop_column("bookings","{name}")' in up
    assert down.index(f"SET{name}=") < down.index("CREATEORREPLACETRIGGER")
    assert "_kept" not in booking.read(MODEL)


def test_changes_of_several_commands_share_a_contract(booking: Place) -> None:
    change(booking, "--drop", "body")
    change(booking, "note:text", "--fill", "-")
    booking.run("add", "booking", "seat:str/20:null")
    booking.commit()
    assert booking.read(RECORD).count("[[pending]]") == 2
    change(booking, "--contract")
    assert "[[pending]]" not in booking.read(RECORD)
    assert '"seat:str/20:null"' in booking.read(RECORD)


def test_a_removed_resource_comes_back_with_what_it_kept(booking: Place) -> None:
    change(booking, "--drop", "body")
    booking.run("remove", "booking")
    assert """sa.Column("body",sa.Text(),server_default=sa.text("''"),nullable=False)""" in migration_of(booking)[1]


def test_a_key_goes_after_the_tables_that_requests_read_first_are_locked(place: Place) -> None:
    place.run("add", "room", "name:str")
    place.run("add", "booking", "name:str", "room:ref/room:null", "writer:ref/user:null", "--allow-dirty")
    place.commit()
    change(place, "--drop", "writer", "--drop", "room")
    assert 'ForeignKey("users.id",' in "".join(place.read(MODEL).split())
    place.run("change", "booking", "--contract")
    up, _ = migration_of(place)
    assert up.index("LOCKTABLEusers,roomsINACCESSEXCLUSIVEMODE") < up.index("drop_constraint")
