"""Tests that projects with slices of every kind pass their own checks."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from combinations import FULL
from hypothesis import HealthCheck, Phase, given, settings
from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.errors import BadInputError
from mkbackend.slices.names import path_of, plural_of
from mkbackend.slices.record import read_all
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.field_words import parse_field
from mkbackend.slices.resource.grammar import parse
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import AUTHS
from mkbackend.slices.routes import routes_of
from mkbackend.slices.types.base import FieldType

from .conftest import commit, copy, make, run

# Every type, every modifier, every kind of caller.
EVERY = """
author name:str:unique born:date:null:unique --auth public
article title:str/200 slug:str/80:unique status:enum/draft/in-print=draft author:ref/author:cascade --auth owner
article price:decimal/10/2=0.5 tags:str/20:list:null writer:ref/user:null:setnull:unique body:text:null
badge code:str/2:unique extra:json marks:int:list mood:enum/good/bad:null:index --no-soft-delete --auth admin
page_visit article:ref/article token:uuid:unique at_time:datetime ratio:float visits:bigint live:bool --auth owner
page_visit hits:bigint:number=0 parent:ref/page_visit:null rate:decimal/2/2:null on_day:date=2026-01-01
reader favourite:ref/article:null name:str kind:enum/a/o/i/token
reader mail:email:unique:null site:url=https://example.com backup:email:list:null pages:url:list:null
test_run fn:str cls:str:unique items:int keys:bigint values:str/20 get:date model_year:int query:str session:int:null
"""
# Every relation, right, constraint and step.
RELATED = """
venue name:str/80 --auth catalogue
tag name:str/40:unique --auth owner
label name:str/40 --read owner+moderator --write owner
room name:str/80 venue:ref/venue:nested size:int:null:readonly --read public --write moderator
booking user:ref/user:owner room:ref/room:nested starts:datetime ends:datetime --no-overlap room+starts..ends
booking price:decimal/10/2:readonly state:enum/new/kept/over/cancelled:readonly --transition new:kept=keep
booking tags:many/tag labels:many/label note:text:null --transition kept:over=end --transition new:cancelled
booking deposit:decimal/10/2:readonly paid_by:ref/user:null:readonly --transition kept:cancelled
category name:str/40 parent:ref/category:null tags:many/tag --read user --write admin+moderator
folder name:str/40 parent:ref/folder:null:cascade low:int high:int:after/low=0 --unique name+low --auth owner
post title:str/80 slug:str/80:null --unique title+slug --read public --write owner+moderator --no-soft-delete
shift day:date last:date:null --no-overlap day..last --auth admin
venue best:ref/room:null
"""
ALONE = """
str str/1 str/500:unique str/501 str:null:index str:list str=draft text text:null text:list int int=-1 int:unique
int:null:index int:list bigint bigint=5 bigint:list bigint:number=5 float float=1.5 float:list
decimal/10/2 decimal/2/2=0.25 decimal/28/0:unique decimal/5/1:list bool bool=true bool:index bool:list
date date=2026-01-01 date:list datetime datetime=2026-01-01T00:00:00+02:00 datetime:list
uuid uuid:unique uuid:list email email:unique email:null:index email:list email=ada@example.com url url:unique
url:null:index url:list url=https://example.com json json:null enum/x/y enum/x/y=y
enum/x/y:null:index ref/user ref/user:cascade ref/user:null:setnull ref/user:unique ref/user:null:unique
"""
TEN = """
country code:str/2:unique name:str --auth public
city name:str country:ref/country
company name:str:unique city:ref/city:null:setnull boss:ref/user:null --auth owner
team name:str company:ref/company:cascade lead:ref/user --no-soft-delete
project_plan name:str team:ref/team company:ref/company --auth admin
task title:str plan:ref/project_plan parent:ref/task:null:cascade
comment body:text task:ref/task:cascade author:ref/user --auth owner
label name:str:unique
task_label task:ref/task:cascade label:ref/label:cascade
invoice total:decimal/12/2 company:ref/company task:ref/task:null:setnull plan:ref/project_plan --no-soft-delete
"""
ONE_OF_EACH_KIND = ("author", "article", "badge", "reader", "booking", "folder", "post")
# The template's tests over all routes and tables.
OF_ALL = (
    "tests/unit/test_diagram.py",
    "tests/unit/test_routes.py",
    "tests/unit/kit/test_docs.py",
    "tests/integration/test_callers.py",
    "tests/integration/test_migrations.py",
    "tests/integration/test_transactions.py",
)
Grow = Callable[..., Path]


@pytest.fixture(scope="module")
def grow(installed: Path, scratch: Path, on_one_server: None) -> Iterator[Grow]:
    """Yield a function that copies the project and adds the slices of some lines."""
    made: list[Path] = []

    def grow(lines: list[str], codes: tuple[int, ...] = (0,)) -> Path:
        project = copy(installed, scratch / f"grown-{len(made)}")
        made.append(project)
        commit(project)
        for line in lines:
            words = ["add", *line.split(), "--allow-dirty", "--project", str(project)]
            done = CliRunner().invoke(cli.app, words)
            assert done.exit_code in codes, done.output
        return project

    yield grow
    for project in made:
        shutil.rmtree(project)


def lines(text: str) -> list[str]:
    """Return the lines of a text, or of several that are joined."""
    return [line for line in text.splitlines() if line]


@pytest.fixture(scope="module")
def every(grow: Grow) -> Path:
    return grow(lines(EVERY + RELATED))


def test_a_project_with_slices_passes_its_own_lint(every: Path) -> None:
    make(every, "lint")


@pytest.mark.skipif(FULL, reason="nox -s full runs all tests of this project")
def test_the_tests_of_slices_and_of_all_routes_pass(every: Path) -> None:
    check(every, *ONE_OF_EACH_KIND)


def check(project: Path, *only: str) -> None:
    """Run the tests that `add` wrote, or those of some slices, and those over all routes and tables."""
    listed = run("git", "ls-files", "--others", "--exclude-standard", "tests", cwd=project).split()
    own = [path for path in listed if "/test_" in path and (not only or any(name in path for name in only))]
    run(python_of(project), "-m", "pytest", "-q", "-n", "2", *own, *OF_ALL, cwd=project, TMPDIR=str(project.parent))


def python_of(project: Path) -> Path:
    return project / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


# Each route and its callers, as `make routes` prints them.
ROUTES = """
from fastapi import FastAPI
from app.api.v1.router import api_v1_router
from scripts.routes import routes_of

app = FastAPI(openapi_url=None)
app.include_router(api_v1_router)
for route in routes_of(app):
    print(route.method, route.path, route.callers.removesuffix(", by row"), sep="\\t")
"""


def test_the_routes_that_add_prints_are_those_of_make_routes(every: Path) -> None:
    output = run(python_of(every), "-c", ROUTES, cwd=every)
    added = [known.resource for known in read_all(every)]
    assert {resource.rights.auth for resource in added} == {*AUTHS, ""}
    paths = tuple(f"{path_of(resource.plural)}/" for resource in added)
    existing = [line.split("\t") for line in output.splitlines()]
    printed = [
        # Rows of an owner need a sign-in, as others do: the tests of a slice check the owner.
        [route.method, route.path, "signed-in users" if "own" in route.callers else route.callers]
        for resource in added
        for place, prefix in (("router", path_of(resource.plural)), ("nested_router", ""))
        if (router := every / f"app/api/v1/{resource.name}_{place}.py").is_file()
        for route in routes_of(router.read_text(encoding="utf-8"), prefix, resource.rights)
    ]
    assert sorted(printed) == sorted(row for row in existing if f"{row[1]}/".startswith(paths))


NAMES = """
from app.domain.models.base import BaseModel
from app.domain.schemas.base import IDSchema
from app.domain.schemas.common import SearchParams

print(*{name for it in (BaseModel, IDSchema, SearchParams) for name in dir(it)}, *SearchParams.model_fields)
"""


def test_no_field_can_be_named_as_an_attribute_of_every_model_or_schema(installed: Path) -> None:
    names = set(run(python_of(installed), "-c", NAMES, cwd=installed).split())
    accepted = [name for name in names if not name.startswith("_") and taken(f"note {name}:str --auth user")]
    assert accepted == []


full = pytest.mark.skipif(not FULL, reason="nox -s full")


@full
def test_a_project_with_slices_passes_all_its_tests_with_coverage(every: Path) -> None:
    make(every, "test", branches="1")


@full
def test_slices_of_every_type_match_their_openapi_document(every: Path) -> None:
    # Of the related ones those with a nested list, links, steps and children: the other routes are of the same kinds.
    # A caller who is deleted at /users/me has a successor, who needs the rows.
    typed = dict.fromkeys(f"/{plural_of(line.split()[0]).replace('_', '-')}" for line in lines(EVERY))
    paths = [*typed, "/venues", "/bookings", "/categories", "/users/me"]
    make(every, "contract", "examples=10", f"only={' '.join(paths)}")


# The first step of `make contract`, without the calls that take minutes.
BEGIN = """
import asyncio
from scripts.contract import migrated, server
from scripts.contract_slices import describe_slices
from scripts.contract_stage import Stage

with server() as address, migrated(address, "uploads") as settings:
    stage = Stage(settings, "")
    print(asyncio.run(describe_slices(settings, stage.user(), stage.described)))
"""


def test_a_single_slice_without_references_can_begin_its_contract(grow: Grow) -> None:
    project = grow(["note body:str/200 --auth owner"])
    described = run(python_of(project), "-c", BEGIN, cwd=project, TMPDIR=str(project.parent))
    assert "notes-kept" in described


@full
def test_slices_without_references_match_their_openapi_document(grow: Grow) -> None:
    project = grow([f"{auth}_note body:str/200 --auth {auth}" for auth in AUTHS])
    make(project, "contract", "examples=10", f"only={' '.join(f'/{auth}-notes' for auth in AUTHS)}")


@full
def test_every_type_alone(grow: Grow) -> None:
    taking_turns = zip(ALONE.split(), itertools.cycle(AUTHS), strict=False)
    project = grow([f"only_{n} it:{word} --auth {auth}" for n, (word, auth) in enumerate(taking_turns)])
    make(project, "lint")
    check(project)


@full
def test_every_type_under_every_auth(grow: Grow) -> None:
    batches = list(itertools.batched(ALONE.split(), 10))
    project = grow(
        [
            f"{auth}_kind_{n} {' '.join(f'field_{m}:{word}' for m, word in enumerate(words))} --auth {auth}"
            for auth in AUTHS
            for n, words in enumerate(batches)
        ]
    )
    make(project, "lint")
    check(project)


@full
def test_ten_resources_with_references(grow: Grow) -> None:
    project = grow(lines(TEN))
    make(project, "lint")
    check(project)
    for target in ("migrate-up", "migrate-down", "migrate-up"):
        make(project, target)


names = st.from_regex(r"[a-z][a-z0-9]{0,9}(_[a-z0-9]{1,8})?", fullmatch=True)
types = st.one_of(
    st.sampled_from(
        [
            *("text", "email", "url", "int", "bigint", "float", "bool", "date", "datetime", "uuid", "json"),
            *("ref/user", "ref/venue", "ref/tag", "many/tag", "many/venue"),
        ]
    ),
    st.integers(1, 600).map("str/{}".format),
    st.tuples(st.integers(1, 28), st.integers(0, 28)).map(lambda pair: "decimal/{}/{}".format(*pair)),
    st.lists(names, min_size=1, max_size=4).map(lambda values: f"enum/{'/'.join(values)}"),
)
modifiers = st.lists(
    st.sampled_from(["null", "unique", "index", "list", "cascade", "setnull", "readonly", "nested"]),
    max_size=3,
    unique=True,
)
defaults = st.sampled_from(["", "", "", "=1", "=x", "=true", "=2026-01-01", "=0.5"])
fields = st.builds(
    lambda name, type_, more, default: f"{':'.join([name, type_, *more])}{default}", names, types, modifiers, defaults
)


rights = st.one_of(
    st.sampled_from([f"--auth {auth}" for auth in AUTHS]),
    st.builds(
        "--read {} --write {}".format,
        st.sampled_from(["public", "user", "owner", "owner+moderator", "moderator"]),
        st.sampled_from(["user", "owner", "owner+moderator", "admin", "moderator"]),
    ),
)
# To which the drawn resources refer.
REFERRED = ("tag name:str --auth owner", "venue name:str --auth public")


@st.composite
def resources(draw: st.DrawFn) -> str:
    """Draw a resource with distinct, valid fields, and some constraints over them."""
    known: dict[str, FieldType] = {}
    for word in draw(st.lists(fields, min_size=12, max_size=40)):
        try:
            field = parse_field(word)
        except BadInputError:
            continue
        known[field.name] = field
    line = f"{draw(names)} {' '.join(field.word for field in known.values())} {draw(rights)}"
    for option in draw(options(list(known.values()))):
        line += f" {option}" if taken(f"{line} {option}") else ""
    return line + draw(st.sampled_from(["", " --no-soft-delete"]))


def options(known: list[FieldType]) -> st.SearchStrategy[list[str]]:
    """Return options that name the fields; not all are valid."""
    labels = st.sampled_from([field.label for field in known] or ["none"])
    states = [f"{a}:{b}" for field in known if field.type == "enum" for a, b in itertools.pairwise(field.args)]
    return st.lists(
        st.one_of(
            st.builds("--unique {}+{}".format, labels, labels),
            st.builds("--no-overlap {}+{}..{}".format, labels, labels, labels),
            st.builds("--no-overlap {}..{}".format, labels, labels),
            st.builds("--transition {}".format, st.sampled_from(states or ["none:none"])),
        ),
        max_size=12,
    )


def taken(line: str) -> Resource | None:
    """Return the resource of a line, or None if it is refused."""
    name, *words = line.removesuffix(" --no-soft-delete").split()
    given: dict[str, list[str]] = {}
    while "--" in (last := " ".join(words)) and words[-2].startswith("--"):
        *words, option, value = words
        given.setdefault(option.removeprefix("--").replace("-", "_"), []).insert(0, value)
    assert "--" not in " ".join(words), last
    values: dict[str, Any] = {key: given[key][0] for key in ("auth", "read", "write") if key in given}
    values |= {key: tuple(given.get(key, ())) for key in ("unique", "no_overlap")}
    try:
        return parse(Description(name, tuple(words), transitions=tuple(given.get("transition", ())), **values))
    except BadInputError:
        return None


@full
# Several resources are a large example: some draws are too long, and are skipped.
@settings(
    max_examples=3, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(resources(), min_size=8, max_size=8))
def test_every_accepted_resource_passes_the_checks(grow: Grow, batch: list[str]) -> None:
    good = {kept.plural: line for line in batch if (kept := taken(line)) and kept.fields}
    if fails(grow, list(good.values())):
        pytest.fail(f"mkbackend add {bisected(grow, list(good.values()))}")


def fails(grow: Grow, batch: list[str]) -> bool:
    # A valid line may still be refused, for a name in the project or its length.
    project = grow([*REFERRED, *batch], (0, 2))
    try:
        make(project, "lint")
        check(project)
    except pytest.fail.Exception:
        return True
    return False


def bisected(grow: Grow, batch: list[str]) -> str:
    """Return the smallest part of a batch that fails."""
    while len(batch) > 1:
        half = len(batch) // 2
        broken = [part for part in (batch[:half], batch[half:]) if fails(grow, part)]
        if not broken:
            break
        batch = broken[0]
    return "\n".join(batch)
