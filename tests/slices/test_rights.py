"""Tests of `--auth`, `--read` and `--write`: their words, and what they allow."""

import pytest

from mkbackend.errors import BadInputError
from mkbackend.slices.resource.rights import AUTHS, Rights, parse_rights

from .conftest import Place, Refused


@pytest.mark.parametrize("auth", AUTHS)
def test_a_short_form_is_a_pair_of_rights(auth: str) -> None:
    assert parse_rights(auth, None, None).auth == auth


@pytest.mark.parametrize(
    ("read", "write", "rights"),
    [
        ("public", "admin", Rights(("public",), ("admin",))),
        ("public", "owner", Rights(("public",), ("owner",))),
        ("user", "moderator", Rights(("user",), ("moderator",))),
        ("owner+moderator", "owner", Rights(("owner", "moderator"), ("owner",))),
        ("admin+moderator", "moderator+admin", Rights(("moderator",), ("moderator",))),
    ],
)
def test_reading_and_writing_are_given_apart(read: str, write: str, rights: Rights) -> None:
    assert parse_rights(None, read, write) == rights


def test_admins_may_do_what_other_roles_may() -> None:
    rights = parse_rights(None, "owner+moderator", "owner")
    assert (rights.readers, rights.writers) == (("admin", "moderator"), ("admin",))


@pytest.mark.parametrize(
    ("read", "write", "why"),
    [
        ("public", "public", "--write public is not valid"),
        ("user+moderator", None, "user includes moderator"),
        ("public+user", None, "public includes user"),
        ("moderator+moderator", None, "moderator is given twice"),
        ("owner+", "owner", r"--read owner\+ is not valid"),
        ("Owner", "owner", "'Owner' is not a valid name for a role"),
        ("owner", "admin", "--read owner needs --write owner"),
        ("owner", None, "--read owner needs --write owner"),
        ("moderator", "owner", "--write owner needs --read owner, user or public"),
        ("admin", "moderator", "moderator may not read what it writes"),
        ("admin", "user", "user may not read what it writes"),
    ],
)
def test_contradicting_rights_are_refused(read: str | None, write: str | None, why: str) -> None:
    with pytest.raises(BadInputError, match=why) as refused:
        parse_rights(None, read, write)
    assert refused.value.hint


def test_an_unknown_role_is_refused_with_those_of_the_project(refused: Refused) -> None:
    output = refused("add", "article", "title:str", "--write", "editor")
    assert "Unknown role 'editor'. Use one of admin, moderator, user" in output


def test_rights_without_a_short_form_are_recorded(place: Place) -> None:
    place.run("add", "article", "title:str", "--read", "public", "--write", "moderator+owner")
    assert 'read = "public"\nwrite = "owner+moderator"\n' in place.read(".mkbackend/article.toml")
    place.run("add", "article", "body:text:null", "--allow-dirty", "--write", "owner+moderator")
    output = place.run("add", "article", "text:text:null", "--allow-dirty", "--write", "owner", code=2).output
    assert "its write is owner+moderator" in output


def test_the_printed_routes_name_the_roles(place: Place) -> None:
    output = place.run("add", "article", "title:str", "--read", "public", "--write", "owner+moderator").output
    assert "GET     /articles               anyone\n" in output
    assert "PATCH   /articles/{article_id}  its owner, admins and moderators\n" in output


def test_a_field_can_name_the_owner(place: Place) -> None:
    place.run("add", "booking", "user:ref/user:owner", "title:str")
    assert 'auth = "owner"' in place.read(".mkbackend/booking.toml")
    assert "    user_id: Mapped[UUID] = mapped_column(" in place.read("app/domain/models/booking.py")
    for path in place.status():
        if path.endswith(".py"):
            assert "owner_id" not in place.read(path.removeprefix("?? "))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["user:ref/user:owner", "by:ref/user:owner"], "user is the owner already"),
        (["user:ref/user:owner", "--auth", "admin"], "the rights know no owner. Add --write owner"),
        (["user:ref/user:owner:null"], ":owner excludes :null"),
        (["article:ref/article:null:owner"], "an owner is a user"),
        (["owner:ref/user", "--auth", "owner"], "'owner_id' is defined twice: its owner has that column"),
    ],
)
def test_an_owner_is_one_user_and_given_by_the_rights(refused: Refused, words: list[str], why: str) -> None:
    assert why in refused("add", "article", "title:str", *words)
