"""Tests of relations: links to many rows, nested lists, trees."""

import re

import pytest

from .conftest import Place, Refused


@pytest.fixture
def tagged(place: Place) -> Place:
    """Return a project with venues and tags."""
    place.run("add", "venue", "name:str")
    place.run("add", "tag", "name:str", "--auth", "owner")
    place.commit()
    return place


def test_a_link_is_a_table_with_two_routes(tagged: Place) -> None:
    output = tagged.run("add", "booking", "note:str", "tags:many/tag").output
    assert "  GET     /bookings/{booking_id}/tags  signed-in users\n" in output
    assert "  PUT     /bookings/{booking_id}/tags  signed-in users\n" in output
    (path,) = [name for name in tagged.migrations() if "add_bookings" in name]
    migration = "".join(tagged.read(f"alembic/versions/{path}").split())
    assert 'op.create_table("booking_tags"' in migration
    assert 'sa.PrimaryKeyConstraint("booking_id","tag_id",name=op.f("pk_booking_tags"))' in migration
    assert 'op.create_index("ix_booking_tags_tag_id","booking_tags",["tag_id"])' in migration
    assert migration.count('ondelete="CASCADE"') == 2
    down = migration[migration.index("defdowngrade") :]
    assert down.index('op.drop_table("booking_tags")') < down.index('op.drop_table("bookings")')
    assert "    tag_id: UUID | None = None\n" in tagged.read("app/domain/schemas/booking.py")


def test_a_link_can_be_added_to_an_existing_slice(tagged: Place) -> None:
    tagged.run("add", "booking", "note:str")
    tagged.commit()
    tagged.run("add", "booking", "tags:many/tag")
    assert "set_booking_tags" in tagged.read("app/service/booking_service.py")
    assert '"PUT /bookings/{booking_id}/tags"' in tagged.read("tests/calls/booking.py")


def test_a_linked_resource_cannot_be_removed(tagged: Place, refused: Refused) -> None:
    tagged.run("add", "booking", "note:str", "tags:many/tag")
    tagged.commit()
    assert "refers to tags. Remove booking first" in refused("remove", "tag")
    tagged.run("remove", "booking")
    tagged.run("remove", "tag", "--allow-dirty")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["tags:ref/tag:list"], "a ref has one row. Use tags:many/tag"),
        (["tags:many/tag:null"], "a link has no modifier. For a link with fields of its own"),
        (["tags:many"], "many needs exactly one resource"),
        (["tags:many/label"], "unknown resource 'label'"),
        (["users:many/user"], "add did not write user"),
        (["others:many/booking"], "a resource cannot link to itself"),
        (["tags:many/tag", "labels:many/tag"], "has the filter tag_id already"),
        (["tag:ref/tag", "tags:many/tag"], "has the filter tag_id already"),
        (["tags:many/tag=x"], "cannot have a default"),
        (["user:ref/user:nested"], "add did not write user"),
    ],
)
def test_an_invalid_relation_is_named(tagged: Place, refused: Refused, words: list[str], why: str) -> None:
    assert why in refused("add", "booking", "note:str", *words)


def test_the_table_of_a_link_must_be_free(tagged: Place, refused: Refused) -> None:
    tagged.run("add", "booking_tag", "note:str")
    tagged.commit()
    assert "'booking_tags' is taken: app/domain/models/booking_tag.py" in refused(
        "add", "booking", "note:str", "tags:many/tag"
    )


def test_no_table_has_the_name_of_a_link(tagged: Place, refused: Refused) -> None:
    tagged.run("add", "booking", "note:str", "tags:many/tag")
    tagged.commit()
    assert "'booking_tags' is taken: app/domain/models/booking.py" in refused("add", "booking_tag", "note:str")


def test_a_nested_list_has_the_guards_of_both_sides(tagged: Place) -> None:
    output = tagged.run("add", "room", "name:str", "venue:ref/venue:nested", "--auth", "catalogue").output
    assert "  GET     /venues/{venue_id}/rooms  signed-in users\n" in output
    assert "await venue_service.get_venue(venue_id)" in tagged.read("app/api/v1/room_nested_router.py")
    tagged.run("add", "seat", "name:str", "tag:ref/tag:nested", "--allow-dirty")
    assert "get_tag(tag_id, caller)" in tagged.read("app/api/v1/seat_nested_router.py")


def test_a_tree_lists_the_children_of_a_row(place: Place) -> None:
    output = place.run("add", "category", "name:str", "parent:ref/category:null", "--auth", "public").output
    assert "  GET     /categories/{category_id}/children  anyone\n" in output
    assert "openapi_extra=PUBLIC" in place.read("app/api/v1/category_nested_router.py")


def test_a_file_that_add_did_not_write_is_kept(tagged: Place, refused: Refused) -> None:
    tagged.run("add", "booking", "note:str")
    tagged.write("tests/calls/booking.py", "CALLS = {}\n")
    tagged.commit()
    assert "tests/calls/booking.py exists, and add did not write it" in refused("add", "booking", "tags:many/tag")
    assert tagged.read("tests/calls/booking.py") == "CALLS = {}\n"


def test_requests_have_no_readonly_reference_to_own_rows(place: Place) -> None:
    place.run("add", "article", "title:str", "--auth", "owner")
    place.commit()
    place.run("add", "invoice", "total:int", "article:ref/article:null:readonly")
    for path in ("app/service/invoice_service.py", "tests/unit/test_invoice_service.py"):
        assert not re.search(r"store\.known|OTHERS|caller: Caller", place.read(path)), path


def test_a_tree_that_the_service_builds_needs_no_check_of_circles(place: Place) -> None:
    place.run("add", "folder", "name:str", "parent:ref/folder:null:readonly")
    assert "/children" in place.read("app/api/v1/folder_nested_router.py")
    assert "below" not in place.read("tests/unit/test_folder_service.py")
