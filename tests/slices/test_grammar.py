"""Tests of the grammar of fields and names: valid words are parsed, others refused by name."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mkbackend.errors import BadInputError
from mkbackend.slices.record import read_description
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.field_words import MODIFIERS, parse_field
from mkbackend.slices.resource.grammar import parse, resource_of
from mkbackend.slices.types import TYPES

GOOD = """
a:str a:str/1 a:str/10000 a:str/500:unique a:str:null:unique a:str=draft a:str/5=a_b-c a:str:list a:str:list:null
a:email a:email:unique a:email:null:index a:email:list:null a:email=ada.l+x@mail.example.com a:url
a:url:unique a:url:index a:url:list a:url=https://example.com a:url=http://localhost:8000/docs?q=a:b=c a:url=https://a.example/a//b.html
a:url=https://example.com:61000/ a:url=https://example.com:65535 a:url=http://example.com:443/ a:url=https://example.com:80/
a:text a:text:null a:text=x a:int=-5 a:int:unique a:int:index a:bigint=9223372036854775807 a:bigint:number:unique
a:bigint:number:list a:float=1.5 a:float=-2
a:decimal/10/2 a:decimal/10/2=9.90 a:decimal/2/2=0.25 a:decimal/3/0=100 a:decimal/28/28 a:bool=true a:bool:index
a:date=2026-02-28 a:datetime=2026-01-01T00:00:00Z a:datetime=2026-01-01T00:00:00+02:00 a:uuid:unique
a:uuid=f47ac10b-58cc-4372-a567-0e02b2c3d479 a:json a:json:null a:enum/x/y a:enum/x/y=y a:enum/in-stock/sold_out:index
a:ref/user a:ref/user:cascade a:ref/user:restrict:unique a:ref/user:null:setnull a:ref/blog_post order:ref/order
"""
BAD = {
    "": "is not a valid name",
    "a": "has no type",
    "a:": "has no type",
    "a:string": "unknown type 'string'",
    "A:str": "Did you mean a?",
    "firstName:str": "Did you mean first_name?",
    "a-b:str": "Did you mean a_b?",
    "a__b:str": "is not a valid name",
    "_a:str": "is not a valid name",
    "class:str": "a Python keyword",
    "order:str": "an SQL keyword",
    "id:uuid": "every model",
    "version:int": "every model",
    "metadata:json": "every model",
    "model_config:str": "request schemas",
    "json:json": "request schemas",
    "limit:int": "request schemas",
    "sort_by:str": "request schemas",
    "date:date": "name of a type",
    "create:str": "a class of the slice",
    f"{'a' * 31}:str": "too long",
    "a:str/0": "from 1 to",
    "a:str/10001": "from 1 to",
    "a:str/x": "from 1 to",
    "a:str/": "from 1 to",
    "a:str/1/2": "from 1 to",
    "a:int/5": "takes no argument",
    "a:decimal": "number of digits",
    "a:decimal/10": "number of digits",
    "a:decimal/29/2": "number of digits",
    "a:decimal/2/3": "more decimal places",
    "a:int:number": "for a bigint only",
    "a:enum": "2 to 50 values",
    "a:enum/x": "2 to 50 values",
    "a:enum/x/x": "are equal",
    "a:enum/a-b/a_b": "are equal",
    "a:enum/1/2": "is not a valid value",
    "a:enum/x/y=z": "the default 'z'",
    "a:ref": "exactly one resource",
    "a:ref/": "is not a valid name",
    "a:ref/user/x": "exactly one resource",
    "a:ref/user:setnull": "needs a nullable field",
    "a:ref/user:cascade:restrict": "exclude each other",
    "a:ref/user=x": "cannot have a default",
    "a:str:cascade": "for a ref only",
    "a:str:nul": "unknown modifier 'nul'",
    "a:str:null:null": ":null is given twice",
    "a:str:": "unknown modifier ''",
    "a:str/501:unique": ":unique is for",
    "a:text:unique": ":unique is for",
    "a:bool:unique": ":unique is for",
    "a:text:index": ":index is for",
    "a:json:list": "json does not support :list",
    "a:enum/x/y:list": "enum does not support :list",
    "a:ref/user:list": "a ref has one row. Use a:many/user.",
    "a:str:list=x": "cannot have a default",
    "a:json=x": "cannot have a default",
    "a:str:unique=x": "two rows would share it",
    "a:str=": "the default ''",
    "a:str/2=abc": "the default 'abc'",
    "a:int=x": "the default 'x'",
    "a:int=2147483648": "the default",
    "a:int=1.0": "the default",
    "a:float=nan": "the default",
    "a:float=1e5": "the default",
    "a:decimal/3/2=10.00": "the default",
    "a:decimal/3/2=1.234": "the default",
    "a:decimal/3/2=NaN": "the default",
    "a:bool=1": "the default",
    "a:date=2026-02-30": "the default",
    "a:date=20260101": "the default",
    "a:datetime=2026-01-01T00:00:00": "the default",
    "a:uuid=x": "the default",
    "api_token:str=x": "a secret",
    "token:email=ada@example.com": "a secret",
    "a:email/9": "takes no argument",
    "a:email:unique=ada@example.com": "two rows would share it",
    "a:email=Ada@example.com": "written in lower case",
    "a:email=ada": "the default",
    "a:email=ada@nowhere.test": "the default",
    "a:email=ada@xn--4ca.example": "the default",
    f"a:email={'a' * 65}@example.com": "the default",
    f"a:email=ada@{'a' * 64}.com": "the default",
    f"a:email=ada@{'a.' * 125}com": "the default",
    "a:url/9": "takes no argument",
    "a:url=example.com": "https://example.com/docs",
    "a:url=ftp://example.com/": "the default",
    "a:url=https://Example.com/": "the default",
    "a:url=https://example.com:443/": "the default",
    "a:url=https://example.com:443": "the default",
    "a:url=http://example.com:80/docs": "the default",
    "a:url=https://example.com:65536/": "the default",
    "a:url=https://example.com:0443/": "the default",
    "a:url=https://example.com/a/../b": "the default",
    "a:url=https://1.2/": "the default",
    "a:url=https://example.com/a'b": "the default",
    f"a:url=https://example.com/{'x' * 2083}": "the default",
}


@pytest.mark.parametrize("word", GOOD.split())
def test_a_valid_word_is_accepted(word: str) -> None:
    assert parse_field(word).word == word


@pytest.mark.parametrize(("word", "why"), BAD.items())
def test_an_invalid_word_is_refused_by_name(word: str, why: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse_field(word)
    assert why in f"{refused.value.message} {refused.value.hint}"
    assert word.partition(":")[0] in refused.value.message


PARTS = [
    *TYPES,
    *MODIFIERS,
    "a",
    "user",
    "10",
    "2",
    "=",
    ":",
    "/",
    "x",
    "-1",
    "true",
    "é",
    "\x00",
    "9" * 30,
]


@given(st.one_of(st.text(max_size=30), st.lists(st.sampled_from(PARTS), max_size=9).map("".join)))
@example("a:date=0000-01-01")
@example("a:datetime=0001-01-01T00:00:00+14:00")
@example("a:decimal/٣/1")
@example("a:str=\u2028")
def test_any_word_is_accepted_or_refused(word: str) -> None:
    try:
        field = parse_field(word)
    except BadInputError:
        return
    assert field.type in TYPES


@pytest.mark.parametrize(
    ("name", "plural", "why"),
    [
        ("Article", None, "Did you mean article?"),
        ("sheep", "sheep", "its own plural"),
        ("index", None, "its slice uses that name"),
        ("page", None, "its slice uses that name"),
        ("models", None, "its slice uses that name"),
        ("import", None, "a Python keyword"),
        ("other", "order", "an SQL keyword"),
    ],
)
def test_an_invalid_name_is_refused(name: str, plural: str | None, why: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse(Description(name, ("a:str",), plural))
    assert why in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["a:str", "a:int"], "'a' is defined twice: a:str and a:int"),
        (["a:ref/user", "a_id:uuid"], "'a_id' is defined twice"),
        (["owner:ref/user"], "'owner_id' is defined twice"),
    ],
)
def test_two_fields_with_the_same_name_are_refused(words: list[str], why: str) -> None:
    with pytest.raises(BadInputError, match=why):
        parse(Description("article", tuple(words), auth="owner"))


def test_words_extend_the_description_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "article.toml"
    file.write_text('name = "article"\nauth = "owner"\nsoft_delete = false\nfields = ["title:str=Hello, world"]\n')
    described = read_description(file).with_words(Description(fields=("body:text",), auth="admin"))
    resource = resource_of(described)
    assert (resource.rights.auth, resource.soft_delete) == ("admin", False)
    assert [(field.name, field.given_default) for field in resource.fields] == [
        ("title", "Hello, world"),
        ("body", None),
    ]


@pytest.mark.parametrize(
    "described", [*(Description(name, ("a:int",), "many") for name in "ilo"), Description("one", ("l:int",), "many")]
)
def test_a_name_that_looks_like_a_digit_is_refused_but_an_old_record_is_read(described: Description) -> None:
    with pytest.raises(BadInputError, match=r"make lint rejects it as ambiguous\."):
        resource_of(described)
    assert parse(described).name == described.name


@pytest.mark.parametrize(
    ("described", "why"),
    [
        (Description("note", ("self:str",)), "Python uses it for the instance"),
        (Description("note", ("enum_column:str",)), "models use a function of that name"),
        (Description("none", ("a:int",)), "None is a Python keyword"),
        (Description("conftest", ("a:int",)), "conftest.py is special to pytest"),
        (Description("con", ("a:int",)), "Windows reserves the file name con.py"),
        (Description("lpt9", ("a:int",)), "Windows reserves the file name lpt9.py"),
        (Description("pg_setting", ("a:int",)), "uses such tables"),
        (Description("note", ("a:int",), "alembic_version"), "uses such tables"),
        (Description("note", ("a:int",), "by_id"), "a method get_by_id"),
        (Description("long", ("text:str",)), "the class LongText exists already"),
    ],
)
def test_a_reserved_name_is_refused_but_an_old_record_is_read(described: Description, why: str) -> None:
    with pytest.raises(BadInputError, match=why):
        resource_of(described)
    assert parse(described).name == described.name


@pytest.mark.parametrize("words", [("price:int", "price_lt:str"), ("born_gte:json", "born:date:null")])
def test_a_field_with_the_name_of_another_fields_filter_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(BadInputError, match=r"is defined twice: \w+_(lt|gte):\w+, and a range filter"):
        resource_of(Description("note", words))
    assert resource_of(Description("note", ("title:str", "title_lt:str", "sizes:int:list", "sizes_gte:int")))


@pytest.mark.parametrize("name", ["model_dump_all", "model_validate", "model_copy", "type_annotation_map"])
def test_names_reserved_by_pydantic_or_sqlalchemy_are_refused(name: str) -> None:
    with pytest.raises(BadInputError, match="an attribute of that name"):
        parse_field(f"{name}:str")


@pytest.mark.parametrize("name", ["model_year", "model_name", "fn", "cls", "query", "items", "values", "test_run"])
def test_a_name_that_only_resembles_a_reserved_one_is_accepted(name: str) -> None:
    assert resource_of(Description("note", (f"{name}:str",))).fields[0].name == name


@pytest.mark.parametrize(
    "text", ["name = ", "colour = 1", "fields = 1", "fields = [1]", 'soft_delete = "no"', 'name = "article"\nauth = 1']
)
def test_an_invalid_description_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "article.toml"
    file.write_text(text)
    with pytest.raises(BadInputError, match=r"article\.toml"):
        read_description(file)


def test_a_name_other_than_the_files_is_refused() -> None:
    with pytest.raises(BadInputError, match="'article', not 'book'"):
        Description("article").with_words(Description("book"))


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("a:str", "sortable filterable searchable"),
        ("a:str:null", "filterable searchable"),
        ("a:str/2", "sortable filterable"),
        ("a:str/501", "searchable"),
        ("a:text", "searchable"),
        ("a:int", "sortable filterable"),
        ("a:uuid", "filterable"),
        ("a:float", ""),
        ("a:json", ""),
        ("a:str:list", ""),
        ("a:enum/x/y", "filterable"),
        ("a:ref/user", "filterable"),
    ],
)
def test_a_list_offers_only_operations_that_an_index_can_serve(word: str, kinds: str) -> None:
    field = parse_field(word)
    assert [kind for kind in ("sortable", "filterable", "searchable") if getattr(field, kind)] == kinds.split()


def test_an_old_record_is_a_description_with_numbers(tmp_path: Path) -> None:
    file = tmp_path / "article.toml"
    file.write_text('name = "article"\nfields = ["views:bigint=0", "bigint:bigint:null"]\n[files]\n')
    assert read_description(file).fields == ("views:bigint:number=0", "bigint:bigint:number:null")
    file.write_text('name = "article"\nfields = ["views:bigint=0"]\n')
    assert read_description(file).fields == ("views:bigint=0",)
