"""Tests of the names of a slice: plurals, and names that are taken."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mkbackend.slices.names import CLASSES_INSIDE, CLASSES_RELATED, INSIDE, LOGGED, RELATED, plural_of
from mkbackend.slices.rendering.render import render
from mkbackend.slices.rendering.view import view
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.grammar import parse
from mkbackend.slices.resource.rights import AUTHS
from mkbackend.slices.types.field import Target

# A name that occurs nowhere else, with fields of every type.
WORDS = """
a:str:unique b:text:null c:int=0 d:bigint:unique e:float f:decimal/3/1=1.5 g:bool=true h:date k:json l:enum/x/y=x
i:datetime=2026-01-01T00:00:00Z j:uuid:index:null m:ref/zzqx:null n:ref/user:cascade o:str:list p:decimal/2/1:list
q:email:unique r:url:null s:email:list
"""
RELATED_WORDS = """
parent:ref/zzqx:null v:many/zzqy w:ref/zzqy:nested x:datetime y:datetime:after/x z:decimal/3/1:readonly
u:enum/on/off:readonly
"""
TARGETS = {"user": Target("user", "User", "users"), "zzqx": Target("zzqx", "Zzqx", "zzqxs", "owner_id")}


@pytest.mark.parametrize(
    ("one", "many"),
    [("article", "articles"), ("category", "categories"), ("day", "days"), ("box", "boxes"), ("branch", "branches")],
)
def test_the_usual_plural(one: str, many: str) -> None:
    assert plural_of(one) == many


@pytest.mark.parametrize("auth", AUTHS)
@pytest.mark.parametrize("soft_delete", [True, False])
def test_no_resource_can_shadow_a_name_in_its_slice(auth: str, soft_delete: bool) -> None:
    seen = view(parse(Description("zzqx", tuple(WORDS.split()), auth=auth, soft_delete=soft_delete)), TARGETS)
    for path, text in render(seen).items():
        used = {name for name in _names(ast.parse(text)) if "zzqx" not in name.lower()}
        assert {name for name in used if name[0].isupper() and not name.isupper()} <= CLASSES_INSIDE
        if path.startswith(("app/service/", "tests/slices/")):
            assert {name for name in used if name[0].islower()} <= INSIDE


@pytest.mark.parametrize("soft_delete", [True, False])
@pytest.mark.parametrize("write", ["user", "owner", "owner+moderator"])
def test_no_resource_with_relations_can_shadow_a_name_in_its_slice(write: str, soft_delete: bool) -> None:
    read = "public" if write == "owner" else write
    described = Description("zzqx", tuple(RELATED_WORDS.split()), read=read, write=write, soft_delete=soft_delete)
    more = replace(described, unique=("w+x",), no_overlap=("w+x..y",), transitions=("on:off", "off:on=start"))
    targets = TARGETS | {"zzqy": Target("zzqy", "Zzqy", "zzqys", "owner_id", private=True, read=("owner",))}
    for path, text in render(view(parse(more), targets)).items():
        used = {name for name in _names(ast.parse(text)) if not re.search(r"zzq[xy]|^\w+_v$", name.lower())}
        known = CLASSES_INSIDE | CLASSES_RELATED
        assert {name for name in used if name[0].isupper() and not name.isupper()} <= known
        if path.startswith(("app/service/", "tests/slices/")):
            assert {name for name in used if name[0].islower()} <= INSIDE | RELATED


def test_no_row_id_overrides_the_context_of_a_log_line() -> None:
    app = Path(__file__).parents[2] / "template/app"
    texts = [path.read_text("utf-8") for path in app.rglob("*.py")]
    assert {name for text in texts for name in re.findall(r"logger\.contextualize\(\s*(\w+)_id=", text)} == LOGGED
    for name in LOGGED:
        text = render(view(parse(Description(name, ("a:str",))), TARGETS))[f"app/service/{name}_service.py"]
        assert len(re.findall(rf"row_id=str\({name}(?:\.|_)id\)", text)) == 3
        assert f"{name}_id=str(" not in text


def _names(tree: ast.Module) -> set[str]:
    """Return the names that a module defines, imports or reads."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found.add(name)
            case ast.AsyncFunctionDef(name=name) | ast.alias(name=name):
                found.add(name)
    return found
