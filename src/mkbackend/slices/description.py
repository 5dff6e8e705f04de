"""Description of a resource: on the command line, in a TOML file, or both."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mkbackend.errors import BadInputError
from mkbackend.slices import record
from mkbackend.slices.grammar import parse, require_free_ranges
from mkbackend.slices.names import require_free_for_class, require_usable_field, require_usable_resource
from mkbackend.slices.resource import Resource

_KEYS: dict[str, type[Any]] = {"name": str, "plural": str, "auth": str, "soft_delete": bool, "fields": list}
# Keys of records, which are valid descriptions too.
_IGNORED = {"edition", "files", "grammar"}


@dataclass(frozen=True)
class Description:
    """A description; None means not given."""

    name: str = ""
    fields: tuple[str, ...] = ()
    plural: str | None = None
    auth: str | None = None
    soft_delete: bool | None = None

    def with_words(self, typed: "Description") -> "Description":
        """Return this description overridden by the command line."""
        if typed.name and typed.name != self.name:
            raise BadInputError(f"The file describes {self.name!r}, not {typed.name!r}.", "Omit the name.")
        given = {name: value for name, value in vars(typed).items() if value not in (None, "", ())}
        return replace(self, **{**given, "fields": self.fields + typed.fields})


def resource_of(described: Description) -> Resource:
    """Return the resource; raise BadInputError if the description is invalid."""
    if not described.name:
        raise BadInputError("The resource needs a name.", "mkbackend add article title:str")
    resource = parse(
        described.name,
        list(described.fields),
        described.plural,
        "user" if described.auth is None else described.auth,
        described.soft_delete is not False,
    )
    require_free_ranges(resource.fields)
    require_usable_resource(resource.name, resource.plural)
    for field in resource.fields:
        require_usable_field(field.name)
        require_free_for_class(resource.name, field.label)
    return resource


def read_file(path: Path) -> Description:
    """Return the description in a TOML file; raise BadInputError if it is invalid."""
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror}.", "--from takes a TOML file.") from error
    except ValueError as error:
        raise BadInputError(f"{path} is not valid TOML: {error}.", _SUCH) from error
    given: dict[str, Any] = {key: value for key, value in found.items() if key not in _IGNORED}
    for key, value in given.items():
        if key not in _KEYS:
            raise BadInputError(f"{path}: unknown key {key!r}.", f"Keys: {', '.join(_KEYS)}.")
        if type(value) is not _KEYS[key] or (key == "fields" and not all(isinstance(word, str) for word in value)):
            raise BadInputError(f"{path}: {key} has an invalid value.", _SUCH)
    words = record.words_of(found) if "files" in found and "fields" in found else given.get("fields", ())
    return Description(**{**given, "fields": tuple(words)})


_SUCH = 'name = "article"\n  fields = ["title:str/200", "body:text:null"]'
