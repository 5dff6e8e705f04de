"""The model file: all resources of a project as TOML, a table for each."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mkbackend.errors import BadInputError
from mkbackend.slices.model.order import in_order
from mkbackend.slices.names import plural_of
from mkbackend.slices.record import Record
from mkbackend.slices.resource.description import KEYS, Description, described
from mkbackend.slices.survey import survey

# The keys of a resource's table. Its name is that of the table.
TABLE_KEYS = {key: type_ for key, type_ in KEYS.items() if key != "name"}
HEAD = "# The resources of the project: `mkbackend model` prints them, `mkbackend apply` adds what the project lacks.\n"
_SUCH = '[article]\n  fields = ["title:str/200", "body:text:null"]'
_FIELD = '{ field = "visitors:int", was = "guests" }'
_WIDTH = 100


@dataclass(frozen=True)
class Wanted:
    """A resource in a model file; `was` has the former labels of renamed fields."""

    description: Description
    was: Mapping[str, str] = field(default_factory=dict)


def read(path: Path) -> list[Wanted]:
    """Return the resources of a model file; raise BadInputError if it is invalid."""
    try:
        return parsed(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror}.", f"mkbackend model > {path.name}") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not valid TOML: {error}.", "Save it as UTF-8.") from error


def parsed(text: str, place: str) -> list[Wanted]:
    """Return the resources in the text of a model file; `place` names it in errors."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(f"{place} is not valid TOML: {error}.", _SUCH) from error
    if not found:
        raise BadInputError(f"{place} has no resource.", _SUCH)
    return [_wanted(name, table, place) for name, table in found.items()]


def _wanted(name: str, table: Any, place: str) -> Wanted:
    """Return the resource of a table."""
    if not isinstance(table, dict):
        raise BadInputError(f"{place}: {name} is no table: each resource is one.", _SUCH)
    place = f"{place}: [{name}]"
    if unknown := next((key for key in table if key not in TABLE_KEYS), ""):
        raise BadInputError(f"{place}: unknown key {unknown!r}.", f"Keys: {', '.join(TABLE_KEYS)}.")
    was: dict[str, str] = {}
    words = table.get("fields")
    if isinstance(words, list):
        table = {**table, "fields": [_word(word, was, place) for word in words]}
    return Wanted(described({**table, "name": name}, place), was)


def _word(word: Any, was: dict[str, str], place: str) -> Any:
    """Return the word of a field, which a table has with the former label."""
    if not isinstance(word, dict):
        return word
    if set(word) != {"field", "was"} or not all(isinstance(value, str) for value in word.values()):
        raise BadInputError(f"{place}: {json.dumps(word)} is no field.", f"A renamed one is {_FIELD}.")
    was[word["field"].partition(":")[0]] = word["was"]
    return word["field"]


def show(path: Path) -> str:
    """Return the model file of a project; raise BadInputError if the project has no resource."""
    return text_of(_records(path))


def resources(path: Path) -> list[dict[str, Any]]:
    """Return the resources of a project with all keys; raise BadInputError if the project has none."""
    return [_resource(known) for known in _ordered(_records(path))]


def text_of(records: Iterable[Record]) -> str:
    """Return the text of a model file: resources after those that they refer to, by name."""
    return HEAD + "".join(map(_table, _ordered(records)))


def _records(path: Path) -> list[Record]:
    found = survey(path)
    if not found.records:
        raise BadInputError("No resource was added.", "mkbackend add article title:str")
    return found.records


def _ordered(records: Iterable[Record]) -> list[Record]:
    by_name = {known.resource.name: known for known in records}
    ordered = in_order([known.resource for _, known in sorted(by_name.items())])
    return [by_name[each.resource.name] for each in ordered]


def _resource(known: Record) -> dict[str, Any]:
    """Return the keys of a resource: its rights always apart, and the changes that wait for their contract."""
    it = known.resource
    found = {"unique": [], "no_overlap": [], "transitions": [], **tomllib.loads(known.written())}
    rights = {"read": "+".join(it.rights.read), "write": "+".join(it.rights.write)}
    kept = ("name", "plural", "soft_delete", "fields", "unique", "no_overlap", "transitions")
    return {key: found[key] for key in kept} | rights | {"contract": [each.words for each in it.pending]}


def _table(known: Record) -> str:
    """Return the table of a resource, without the keys that have their usual value."""
    name = known.resource.name
    usual = {"plural": plural_of(name), "soft_delete": True}
    found = tomllib.loads(known.written())
    keys = [key for key in TABLE_KEYS if key in found and found[key] != usual.get(key)]
    return f"\n[{name}]\n" + "".join(f"{key} = {_value(key, found[key])}\n" for key in keys)


def _value(key: str, value: Any) -> str:
    """Return a value as TOML, a list on several lines if it is long."""
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    words = [json.dumps(word, ensure_ascii=False) for word in value]
    line = f"[{', '.join(words)}]"
    if len(f"{key} = {line}") <= _WIDTH:
        return line
    return "[\n" + "".join(f"    {word},\n" for word in words) + "]"
