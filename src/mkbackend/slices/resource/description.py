"""Description of a resource as text: of the command line, of a TOML file, or of both."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mkbackend.errors import BadInputError

# The keys of a description in TOML, and the types of their values.
KEYS: dict[str, type[Any]] = {
    "name": str,
    "plural": str,
    "auth": str,
    "read": str,
    "write": str,
    "soft_delete": bool,
    "fields": list,
    "unique": list,
    "no_overlap": list,
    "transitions": list,
}
# Keys of records, which are valid descriptions too.
_IGNORED = {"edition", "files", "grammar", "pending"}
_SUCH = 'name = "article"\n  fields = ["title:str/200", "body:text:null"]'


@dataclass(frozen=True)
class Description:
    """A description; None means not given."""

    name: str = ""
    fields: tuple[str, ...] = ()
    plural: str | None = None
    auth: str | None = None
    read: str | None = None
    write: str | None = None
    soft_delete: bool | None = None
    unique: tuple[str, ...] = ()
    no_overlap: tuple[str, ...] = ()
    transitions: tuple[str, ...] = ()

    def with_words(self, typed: "Description") -> "Description":
        """Return this description with what the command line adds to it, or puts in its place."""
        if typed.name and typed.name != self.name:
            raise BadInputError(f"The file describes {self.name!r}, not {typed.name!r}.", "Omit the name.")
        given = {name: value for name, value in vars(typed).items() if value not in (None, "", ())}
        added = {name: getattr(self, name) + value for name, value in given.items() if isinstance(value, tuple)}
        return replace(self, **{**given, **added})


def read_file(path: Path) -> dict[str, Any]:
    """Return the keys of a TOML file; raise BadInputError if it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror}.", "--from takes a TOML file.") from error
    except ValueError as error:
        raise BadInputError(f"{path} is not valid TOML: {error}.", _SUCH) from error


def described(found: Mapping[str, Any], place: str) -> Description:
    """Return the description in the keys of a TOML table; raise BadInputError if they are invalid."""
    given = {key: value for key, value in found.items() if key not in _IGNORED}
    for key, value in given.items():
        if key not in KEYS:
            raise BadInputError(f"{place}: unknown key {key!r}.", f"Keys: {', '.join(KEYS)}.")
        wrong = KEYS[key] is list and isinstance(value, list) and not all(isinstance(word, str) for word in value)
        if type(value) is not KEYS[key] or wrong:
            raise BadInputError(f"{place}: {key} has an invalid value.", _SUCH)
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    return Description(**values)
