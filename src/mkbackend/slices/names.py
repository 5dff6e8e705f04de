"""Names of a resource in each place, and names that are not allowed."""

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
# Names that Bandit and ruff take for secrets.
SECRET = re.compile(r"(?:^|_)(?:pas+wo?r?d|pass(?:phrase)?|pwd|token|secrete?)(?:_|$)", re.IGNORECASE)
# Attributes of every model, and names reserved by SQLAlchemy.
MODEL = _words(
    "id created_at updated_at deleted_at version is_deleted metadata registry type_annotation_map mapped_column"
)
# Attributes of request schemas (`filters`, `scope`, list parameters), and names reserved by Pydantic.
SCHEMA = _words(
    """
    limit page cursor search sort_by sort_order scope filters filter_names construct copy dict from_orm json parse_file
    parse_obj parse_raw schema schema_json update_forward_refs validate model_computed_fields model_config
    model_construct model_copy model_extra model_fields model_fields_set model_json_schema model_parametrized_name
    model_post_init model_rebuild
    """
)
# Prefixes that Pydantic warns about.
PROTECTED = ("model_dump", "model_validate")
# Types used in the same classes: a field of that name would shadow them for later fields.
TYPES = _words("str int float bool date datetime list dict")
# Prefixed with the resource's class, these would be names of other classes.
CLASSES = _words("create update response list_params list_response repository store service service_dep")

# Names used in the modules of a slice; tests/slices/test_names.py checks that the list is complete.
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
    AdminUser Annotated Any AsyncClient AsyncSession Awaitable BaseModel BaseRepository BaseSchema BigInteger
    Boolean Callable Caller Calls CanonicalEmail ClassVar ColumnElement ConflictException CurrentCaller CurrentUser
    CursorService DatabaseManager Date DateTime Day Decimal DecimalText Depends Double FakeRepository Field
    FiniteFloat ForbiddenException ForeignKey Headers HttpUrlText IdempotentRoute IDSchema IfMatch IfMatchDep Index
    InstrumentedAttribute Int4 Int8 Int8Text Integer IntegrityError InvalidInputException JsonObject ListResponse
    Literal LongText MakeBody MakeUser Mapped Mapping MessageResponse Moment NonBlankStr NotFoundException Numeric
    Page PageRequest PaginationParams PlainStr PreconditionFailedException Protocol Query RequestSchema Response
    Role ScopeDep SearchParams Settings Signer SignIn Slice SliceRouter Stores StrEnum StrictBool StrictInt4
    StrictInt8 StrictNumber String Text User Uuid
    """
)
# Names that a slice uses with links, constraints or steps only: an older slice may have them.
RELATED = _words(
    """
    after allowed ancestor before field fields first func getattr ids is_below last list message pair parent set
    sources state table target tuple
    """
)
CLASSES_RELATED = _words("CheckConstraint Column ExcludeConstraint Table")
# Capital letters that look like digits.
DIGITS = _words("I O")
# Packages beside the module with a resource's enums.
PACKAGES = _words("models schemas")
# With the suffix `_id`, these are request fields of log lines, which a row must not overwrite.
LOGGED = _words("request trace")
# Device names on Windows, with any suffix.
DEVICES = _words("con prn aux nul") | {f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10)}
# Tables of PostgreSQL, the job queue and Alembic, which have no model.
TABLES = ("pg_", "pgqueuer", "alembic_version")


def require_plain(name: str, what: str) -> None:
    """Raise BadInputError for names that are not in snake_case, too long, or Python keywords."""
    if not _PLAIN.fullmatch(name):
        better = re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")
        hint = f"Did you mean {better}?" if _PLAIN.fullmatch(better) else "For example: blog_post."
        raise BadInputError(f"{name!r} is not a valid name for {what}: use a-z, digits and single _.", hint)
    if len(name) > _MOST:
        raise BadInputError(f"{name!r} is too long for {what}: {_MOST} characters at most.")
    if keyword.iskeyword(name):
        raise BadInputError(f"{name!r} is a Python keyword, and cannot name {what}.", "Choose another name.")


def require_sql(name: str, what: str) -> None:
    """Raise BadInputError for SQL keywords, which would need quotes."""
    if name in SQL:
        raise BadInputError(f"{name!r} is an SQL keyword, and cannot name {what}.", "Choose another name.")


def require_free_for_field(name: str) -> None:
    """Raise BadInputError for a field that a model or schema already has, or that would shadow a name in it."""
    if name in MODEL:
        raise BadInputError(f"{name!r} cannot name a field: every model has an attribute of that name.", _OTHER)
    if name in SCHEMA or name.startswith(PROTECTED):
        raise BadInputError(f"{name!r} cannot name a field: request schemas have an attribute of that name.", _OTHER)
    if name in TYPES:
        raise BadInputError(f"{name!r} cannot name a field: it is the name of a type.", _OTHER)
    if name in CLASSES:
        raise BadInputError(f"{name!r} cannot name a field: a class of the slice has that name.", _OTHER)


_OTHER = "Choose a more specific name."


def require_usable_field(column: str) -> None:
    """Raise BadInputError for names that tools treat specially; older records may have them."""
    if column == "l":
        raise BadInputError(f"{column!r} cannot name a field: make lint rejects it as ambiguous.", _OTHER)
    if column == "self":
        raise BadInputError(f"{column!r} cannot name a field: Python uses it for the instance.", _OTHER)
    if column == "enum_column":
        raise BadInputError(f"{column!r} cannot name a field: models use a function of that name.", _OTHER)


def require_usable_resource(name: str, plural: str) -> None:
    """Raise BadInputError for names that tools treat specially as variable, class, file or table."""
    if name == "l" or class_of(name) in DIGITS:
        raise BadInputError(f"{name!r} cannot name a resource: make lint rejects it as ambiguous.", _OTHER)
    if keyword.iskeyword(class_of(name)):
        raise BadInputError(f"{name!r} cannot name a resource: {class_of(name)} is a Python keyword.", _OTHER)
    if name == "conftest":
        raise BadInputError(f"{name!r} cannot name a resource: conftest.py is special to pytest.", _OTHER)
    if name in DEVICES:
        raise BadInputError(f"{name!r} cannot name a resource: Windows reserves the file name {name}.py.", _OTHER)
    if plural.startswith(TABLES):
        raise BadInputError(f"{plural!r} cannot name a table: PostgreSQL or a library uses such tables.", _OTHER)
    if f"get_{plural}" in INSIDE:
        raise BadInputError(f"{plural!r} cannot be a plural: every repository has a method get_{plural}.", _OTHER)


def require_free_for_class(name: str, field: str) -> None:
    """Raise BadInputError for a field whose enum class would shadow an imported class."""
    if (found := class_of(name) + class_of(field)) in CLASSES_INSIDE:
        raise BadInputError(f"{field!r} cannot name a field of {name!r}: the class {found} exists already.", _OTHER)


def require_free_for_relations(name: str) -> None:
    """Raise BadInputError for a resource that would shadow a name in its modules if it has relations or constraints."""
    if name in RELATED or class_of(name) in CLASSES_RELATED:
        what = "links, steps, kept columns or constraints over several fields"
        why = f"{name!r} cannot have {what}: its slice would use that name."
        raise BadInputError(why, _OTHER)


def require_free_for_resource(name: str, plural: str) -> None:
    """Raise BadInputError for a resource that would shadow a name in its modules."""
    if name in INSIDE or name in PACKAGES or plural in INSIDE or class_of(name) in CLASSES_INSIDE:
        raise BadInputError(f"{name!r} cannot name a resource: its slice uses that name.", _OTHER)


def plural_of(name: str) -> str:
    """Return the regular English plural of a word; `--plural` sets another."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return f"{name}es" if re.search(r"(s|x|z|ch|sh)$", name) else f"{name}s"


def class_of(name: str) -> str:
    """Return a name in CapWords."""
    return "".join(part.capitalize() for part in name.split("_"))


def words_of(name: str) -> str:
    """Return a name as words."""
    return name.replace("_", " ")


def path_of(plural: str) -> str:
    """Return the path of a list, below the API version's prefix."""
    return f"/{plural.replace('_', '-')}"


def with_article(name: str) -> str:
    """Return a name as words with `a` or `an`."""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {words_of(name)}"
