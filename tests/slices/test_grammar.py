"""Words become fields, or are refused with the word."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mkbackend.errors import BadInputError
from mkbackend.slices.description import Description, read_file, resource_of
from mkbackend.slices.fields import FORMS, MODIFIERS
from mkbackend.slices.grammar import parse, parse_field

GOOD = """
a:str a:str/1 a:str/10000 a:str/500:unique a:str:null:unique a:str=draft a:str/5=a_b-c a:str:list a:str:list:null
a:text a:text:null a:text=x a:int=-5 a:int:unique a:int:index a:bigint=9223372036854775807 a:float=1.5 a:float=-2
a:decimal/10/2 a:decimal/10/2=9.90 a:decimal/2/2=0.25 a:decimal/3/0=100 a:decimal/28/28 a:bool=true a:bool:index
a:date=2026-02-28 a:datetime=2026-01-01T00:00:00Z a:datetime=2026-01-01T00:00:00+02:00 a:uuid:unique
a:uuid=f47ac10b-58cc-4372-a567-0e02b2c3d479 a:json a:json:null a:enum/x/y a:enum/x/y=y a:enum/in-stock/sold_out:index
a:ref/user a:ref/user:cascade a:ref/user:restrict:unique a:ref/user:null:setnull a:ref/blog_post order:ref/order
"""
BAD = {
    "": "is no name",
    "a": "has no type",
    "a:": "has no type",
    "a:string": "no type 'string'",
    "A:str": "Perhaps a.",
    "firstName:str": "Perhaps first_name.",
    "a-b:str": "Perhaps a_b.",
    "a__b:str": "is no name",
    "_a:str": "is no name",
    "class:str": "a word of Python",
    "order:str": "a word of SQL",
    "id:uuid": "every model",
    "version:int": "every model",
    "metadata:json": "every model",
    "model_config:str": "every request",
    "json:json": "every request",
    "limit:int": "every request",
    "sort_by:str": "every request",
    "date:date": "name of a type",
    "create:str": "a class of the slice",
    f"{'a' * 31}:str": "too long",
    "a:str/0": "from 1 to",
    "a:str/10001": "from 1 to",
    "a:str/x": "from 1 to",
    "a:str/": "from 1 to",
    "a:str/1/2": "from 1 to",
    "a:int/5": "nothing can stand behind",
    "a:decimal": "how many digits",
    "a:decimal/10": "how many digits",
    "a:decimal/29/2": "how many digits",
    "a:decimal/2/3": "more digits after the point",
    "a:enum": "two values or more",
    "a:enum/x": "two values or more",
    "a:enum/x/x": "the same",
    "a:enum/a-b/a_b": "the same",
    "a:enum/1/2": "is no value",
    "a:enum/x/y=z": "the default 'z'",
    "a:ref": "names the one resource",
    "a:ref/": "is no name",
    "a:ref/user/x": "names the one resource",
    "a:ref/user:setnull": "may not be empty",
    "a:ref/user:cascade:restrict": "exclude each other",
    "a:ref/user=x": "has no default",
    "a:str:cascade": "what becomes of a ref",
    "a:str:nul": "no modifier 'nul'",
    "a:str:null:null": ":null is there twice",
    "a:str:": "no modifier ''",
    "a:str/501:unique": ":unique is for",
    "a:text:unique": ":unique is for",
    "a:bool:unique": ":unique is for",
    "a:text:index": ":index is for",
    "a:json:list": "no lists of json",
    "a:enum/x/y:list": "no lists of enum",
    "a:ref/user:list": "no lists of ref",
    "a:str:list=x": "has no default",
    "a:json=x": "has no default",
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
    "api_token:str=x": "no secret",
}


@pytest.mark.parametrize("word", GOOD.split())
def test_a_word_that_will_do_is_taken(word: str) -> None:
    assert parse_field(word).word == word


@pytest.mark.parametrize(("word", "why"), BAD.items())
def test_a_word_that_will_not_do_is_refused_and_named(word: str, why: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse_field(word)
    assert why in f"{refused.value.message} {refused.value.hint}"
    assert word.partition(":")[0] in refused.value.message


PARTS = [
    *FORMS,
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
def test_any_word_is_taken_or_refused(word: str) -> None:
    try:
        field = parse_field(word)
    except BadInputError:
        return
    assert field.type in FORMS


@pytest.mark.parametrize(
    ("name", "plural", "why"),
    [
        ("Article", None, "Perhaps article."),
        ("sheep", "sheep", "its own plural"),
        ("index", None, "something else is called so"),
        ("page", None, "something else is called so"),
        ("models", None, "something else is called so"),
        ("import", None, "a word of Python"),
        ("other", "order", "a word of SQL"),
    ],
)
def test_a_name_that_will_not_do_is_refused(name: str, plural: str | None, why: str) -> None:
    with pytest.raises(BadInputError) as refused:
        parse(name, ["a:str"], plural)
    assert why in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["a:str", "a:int"], "'a' is there twice: a:str and a:int"),
        (["a:ref/user", "a_id:uuid"], "'a_id' is there twice"),
        (["owner:ref/user"], "'owner_id' is there twice"),
    ],
)
def test_two_fields_of_one_name_are_refused(words: list[str], why: str) -> None:
    with pytest.raises(BadInputError, match=why):
        parse("article", words, auth="owner")


def test_a_file_describes_and_words_are_added(tmp_path: Path) -> None:
    file = tmp_path / "article.toml"
    file.write_text('name = "article"\nauth = "owner"\nsoft_delete = false\nfields = ["title:str=Hello, world"]\n')
    described = read_file(file).with_words(Description(fields=("body:text",), auth="admin"))
    resource = resource_of(described)
    assert (resource.auth, resource.soft_delete) == ("admin", False)
    assert [(field.name, field.default) for field in resource.fields] == [("title", "Hello, world"), ("body", None)]


@pytest.mark.parametrize(
    "described", [*(Description(name, ("a:int",), "many") for name in "ilo"), Description("one", ("l:int",), "many")]
)
def test_a_name_that_reads_like_a_digit_is_refused_and_a_record_of_it_still_read(described: Description) -> None:
    with pytest.raises(BadInputError, match=r"make lint says it reads like a digit\."):
        resource_of(described)
    assert parse(described.name, list(described.fields), described.plural).name == described.name


@pytest.mark.parametrize(
    ("described", "why"),
    [
        (Description("note", ("self:str",)), "Python calls the row itself so"),
        (Description("note", ("enum_column:str",)), "models call a function so"),
        (Description("none", ("a:int",)), "None is a word of Python"),
        (Description("conftest", ("a:int",)), "pytest reads conftest.py"),
        (Description("con", ("a:int",)), "Windows has no file con.py"),
        (Description("lpt9", ("a:int",)), "Windows has no file lpt9.py"),
        (Description("pg_setting", ("a:int",)), "has tables named so"),
        (Description("note", ("a:int",), "alembic_version"), "has tables named so"),
        (Description("note", ("a:int",), "by_id"), "get_by_id already"),
        (Description("long", ("text:str",)), "LongText is called so already"),
    ],
)
def test_a_name_with_a_meaning_of_its_own_is_refused_and_a_record_of_it_still_read(
    described: Description, why: str
) -> None:
    with pytest.raises(BadInputError, match=why):
        resource_of(described)
    assert parse(described.name, list(described.fields), described.plural).name == described.name


@pytest.mark.parametrize("words", [("price:int", "price_lt:str"), ("born_gte:json", "born:date:null")])
def test_a_field_that_is_called_as_the_filter_of_another_is_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(BadInputError, match=r"is there twice: \w+_(lt|gte):\w+, and a filter"):
        resource_of(Description("note", words))
    assert resource_of(Description("note", ("title:str", "title_lt:str", "sizes:int:list", "sizes_gte:int")))


@pytest.mark.parametrize("name", ["model_dump_all", "model_validate", "model_copy", "type_annotation_map"])
def test_what_pydantic_or_sqlalchemy_keep_for_themselves_names_no_field(name: str) -> None:
    with pytest.raises(BadInputError, match="something of that name"):
        parse_field(f"{name}:str")


@pytest.mark.parametrize("name", ["model_year", "model_name", "fn", "cls", "query", "items", "values", "test_run"])
def test_a_name_without_a_meaning_of_its_own_is_accepted(name: str) -> None:
    assert resource_of(Description("note", (f"{name}:str",))).fields[0].column == name


@pytest.mark.parametrize(
    "text", ["name = ", "colour = 1", "fields = 1", "fields = [1]", 'soft_delete = "no"', 'name = "article"\nauth = 1']
)
def test_a_file_that_describes_nothing_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "article.toml"
    file.write_text(text)
    with pytest.raises(BadInputError, match=r"article\.toml"):
        read_file(file)


def test_another_name_than_the_files_is_refused() -> None:
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
def test_a_list_can_do_with_a_field_what_an_index_can_serve(word: str, kinds: str) -> None:
    field = parse_field(word)
    assert [kind for kind in ("sortable", "filterable", "searchable") if getattr(field, kind)] == kinds.split()
