"""Names: how a resource is called in each place, and which names are taken already."""

import keyword
import re

from mkbackend.errors import BadInputError

_PLAIN = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_MOST = 30


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# PostgreSQL's reserved words.
SQL = _words(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
    column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
    from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
    localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
    returning right select session_user similar some symmetric system_user table tablesample then to trailing true
    union unique user using variadic verbose when where window with xmin xmax cmin cmax ctid tableoid
    """
)
# What Bandit and ruff take for the name of a secret, and any text beside it for the secret.
SECRET = re.compile(r"(?:^|_)(?:pas+wo?r?d|pass(?:phrase)?|pwd|token|secrete?)(?:_|$)", re.IGNORECASE)
# What a row has already, and what SQLAlchemy keeps for itself.
MODEL = _words(
    "id created_at updated_at deleted_at version is_deleted metadata registry type_annotation_map mapped_column"
)
# What a request has already (`filters`, `scope` and the query of a list), and what Pydantic keeps for itself.
SCHEMA = _words(
    """
    limit page cursor search sort_by sort_order scope filters filter_names construct copy dict from_orm json parse_file
    parse_obj parse_raw schema schema_json update_forward_refs validate model_computed_fields model_config
    model_construct model_copy model_extra model_fields model_fields_set model_json_schema model_parametrized_name
    model_post_init model_rebuild
    """
)
# Pydantic warns of any field whose name begins so.
PROTECTED = ("model_dump", "model_validate")
# Types that stand in the same classes: a field of that name would hide them from the fields below it.
TYPES = _words("str int float bool date datetime list dict")
# With the class of the resource before them these would be names of other classes.
CLASSES = _words("create update response list_params list_response repository store service service_dep")

# What the modules of a slice call other things; tests/slices/test_names.py looks whether these are all.
INSIDE = _words(
    """
    add_user bool caller check_if_match create cursors data date datetime dict entity filters get_by_id get_for_update
    hard_delete id if_match import_module logger missing_reference name next number own owner owner_id page
    page_request params replace repository row scope search self session soft_delete sorted str timedelta update_by_id
    uuid4 values
    """
)
CLASSES_INSIDE = _words(
    """
    AdminUser Annotated Any AsyncClient AsyncSession Awaitable BaseModel BaseRepository BigInteger Boolean Callable
    Caller ClassVar ColumnElement ConflictException CurrentCaller CurrentUser CursorService DatabaseManager Date
    DateTime Day Decimal DecimalText Depends Double FakeRepository Field FiniteFloat ForeignKey Headers
    IdempotentRoute IDSchema IfMatch IfMatchDep Index InstrumentedAttribute Int4 Int8 Integer IntegrityError
    InvalidInputException JsonObject ListResponse Literal LongText MakeBody MakeUser Mapped Mapping MessageResponse
    Moment NonBlankStr NotFoundException Numeric Page PageRequest PaginationParams PlainStr
    PreconditionFailedException Protocol Query RequestSchema Response Role ScopeDep SearchParams Settings Signer
    SignIn Slice SliceRouter Stores StrEnum StrictBool StrictInt4 StrictInt8 StrictNumber String Text User Uuid
    """
)
# Names in capitals that read like digits.
DIGITS = _words("I O")
# Packages beside the module of a resource's enums.
PACKAGES = _words("models schemas")
# With `_id` behind them these name a request in log lines, and a row must not take that place.
LOGGED = _words("request trace")
# Windows has no file of these names, whatever its ending.
DEVICES = _words("con prn aux nul") | {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}
# Tables of PostgreSQL, of the job queue and of Alembic, which no model shows.
TABLES = ("pg_", "pgqueuer", "alembic_version")


def require_plain(name: str, what: str) -> None:
    """Refuse what is no name in snake_case, or is a word of Python or SQL."""
    if not _PLAIN.fullmatch(name):
        better = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")
        hint = f"Perhaps {better}." if _PLAIN.fullmatch(better) else "Such as blog_post."
        raise BadInputError(f"{name!r} is no name for {what}: lower-case letters, digits and single _.", hint)
    if len(name) > _MOST:
        raise BadInputError(f"{name!r} is too long for {what}: {_MOST} letters at most.")
    if keyword.iskeyword(name):
        raise BadInputError(f"{name!r} is a word of Python, and cannot name {what}.", "Choose another name.")


def require_sql(name: str, what: str) -> None:
    """Refuse what would have to be quoted wherever SQL is written."""
    if name in SQL:
        raise BadInputError(f"{name!r} is a word of SQL, and cannot name {what}.", "Choose another name.")


def require_free_for_field(name: str) -> None:
    """Refuse a field that a model or a schema has already, or that would hide something in it."""
    if name in MODEL:
        raise BadInputError(f"{name!r} cannot name a field: every model has something of that name.", _OTHER)
    if name in SCHEMA or name.startswith(PROTECTED):
        raise BadInputError(f"{name!r} cannot name a field: every request has something of that name.", _OTHER)
    if name in TYPES:
        raise BadInputError(f"{name!r} cannot name a field: it is the name of a type.", _OTHER)
    if name in CLASSES:
        raise BadInputError(f"{name!r} cannot name a field: a class of the slice is called so.", _OTHER)


_OTHER = "Choose another name, one that says more."


def require_usable_field(column: str) -> None:
    """Refuse what a tool gives a meaning of its own. Records may hold it: it was accepted once."""
    if column == "l":
        raise BadInputError(f"{column!r} cannot name a field: make lint says it reads like a digit.", _OTHER)
    if column == "self":
        raise BadInputError(f"{column!r} cannot name a field: Python calls the row itself so.", _OTHER)
    if column == "enum_column":
        raise BadInputError(f"{column!r} cannot name a field: models call a function so.", _OTHER)


def require_usable_resource(name: str, plural: str) -> None:
    """Refuse what a tool gives a meaning of its own, as the name of a variable, a class, a file or a table."""
    if name == "l" or class_of(name) in DIGITS:
        raise BadInputError(f"{name!r} cannot name a resource: make lint says it reads like a digit.", _OTHER)
    if keyword.iskeyword(class_of(name)):
        raise BadInputError(f"{name!r} cannot name a resource: {class_of(name)} is a word of Python.", _OTHER)
    if name == "conftest":
        raise BadInputError(f"{name!r} cannot name a resource: pytest reads conftest.py by itself.", _OTHER)
    if name in DEVICES:
        raise BadInputError(f"{name!r} cannot name a resource: Windows has no file {name}.py.", _OTHER)
    if plural.startswith(TABLES):
        raise BadInputError(f"{plural!r} cannot name a table: PostgreSQL or a library has tables named so.", _OTHER)
    if f"get_{plural}" in INSIDE:
        raise BadInputError(f"{plural!r} cannot be a plural: each repository has get_{plural} already.", _OTHER)


def require_free_for_class(name: str, field: str) -> None:
    """Refuse a field whose type would hide one that its modules bring in."""
    if (found := class_of(name) + class_of(field)) in CLASSES_INSIDE:
        raise BadInputError(f"{field!r} cannot name a field of {name!r}: {found} is called so already.", _OTHER)


def require_free_for_resource(name: str, plural: str) -> None:
    """Refuse a resource that would hide something in the modules of its slice."""
    if name in INSIDE or name in PACKAGES or plural in INSIDE or class_of(name) in CLASSES_INSIDE:
        raise BadInputError(f"{name!r} cannot name a resource: in its slice something else is called so.", _OTHER)


def plural_of(name: str) -> str:
    """Return the usual plural of an English word; `--plural` is for the others."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(s|x|z|ch|sh)$", name) else f"{name}s"


def class_of(name: str) -> str:
    """Return the name of a class."""
    return "".join(part.capitalize() for part in name.split("_"))


def words_of(name: str) -> str:
    """Return the words that people read."""
    return name.replace("_", " ")


def with_article(name: str) -> str:
    """Return the words with `a` or `an` before them."""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {words_of(name)}"
