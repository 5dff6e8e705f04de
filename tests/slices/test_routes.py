"""Tests of the list of routes that `mkbackend add` prints."""

from pathlib import Path

import pytest

from mkbackend.slices.resource.rights import parse_rights
from mkbackend.slices.routes import routes_of

from .conftest import Place

EXPECTED = Path(__file__).with_name("expected")
LIST, ROW = "/articles", "/articles/{article_id}"
CALLERS = {
    "user": ("signed-in users",) * 5,
    "public": ("signed-in users", "anyone", "anyone", "signed-in users", "signed-in users"),
    "owner": ("signed-in users", "signed-in users (own rows), admins", *("its owner, admins",) * 3),
    "admin": ("admins",) * 5,
    "catalogue": ("admins", "anyone", "anyone", "admins", "admins"),
}


@pytest.mark.parametrize("auth", CALLERS)
def test_every_route_names_its_callers(auth: str) -> None:
    router = (EXPECTED / auth / "app/api/v1/article_router.py").read_text(encoding="utf-8")
    routes = routes_of(router, LIST, parse_rights(auth, None, None))
    methods = ("POST", LIST), ("GET", LIST), ("GET", ROW), ("PATCH", ROW), ("DELETE", ROW)
    assert routes == [(*method, callers) for method, callers in zip(methods, CALLERS[auth], strict=True)]


def test_add_ends_with_the_routes_and_the_next_steps(place: Place) -> None:
    output = place.run("add", "article", "title:str", "--auth", "admin").output
    assert "  DELETE  /articles/{article_id}  admins\n" in output
    assert output.index("Routes") < output.index("Next:\n  make migrate-up\n  make test\n") < output.index("Undo:")


def test_the_next_steps_draw_an_existing_diagram_again(place: Place) -> None:
    place.write("docs/diagram.md", "")
    place.commit()
    output = place.run("add", "article", "title:str").output
    assert "Next:\n  make migrate-up\n  make diagram\n  make test\n" in output


def test_each_command_names_the_files_that_it_makes_outdated(place: Place) -> None:
    place.write("docs/diagram.md", "")
    place.write("openapi.json", "{}")
    place.commit()
    model = place.root.parent / "model.toml"
    model.write_text('[leaflet]\nfields = ["body:text"]\n', encoding="utf-8")
    for words, last in {
        ("add", "article", "title:str/80"): "  make migrate-up\n  make diagram openapi\n  make test\n",
        ("change", "article", "title:str/90"): "  make migrate-up\n  make diagram openapi\n  make lint test\n",
        ("remove", "article"): "  make migrate-up\n  make diagram openapi\n",
        ("apply", str(model)): "  make migrate-up\n  make diagram openapi\n  make test\n",
    }.items():
        assert f"Next:\n{last}" in place.run(*words).output
        place.commit()


def test_adding_a_field_prints_no_routes(place: Place) -> None:
    place.run("add", "article", "title:str")
    place.commit()
    assert "Routes" not in place.run("add", "article", "subtitle:str:null").output
