"""Records of the files that `add` wrote: one file per resource, so that branches do not conflict."""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from mkbackend.errors import BadInputError
from mkbackend.slices.resource.description import Description, described, read_file
from mkbackend.slices.resource.field_words import parse_field
from mkbackend.slices.resource.grammar import parse
from mkbackend.slices.resource.pending import Pending
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import Rights
from mkbackend.system.programs import typed

FOLDER = ".mkbackend"
_HEAD = "# Written by `mkbackend add`. Commit this file: `mkbackend remove` and later `add` commands read it.\n"
# The grammar of the words in a record. Before 2, a bigint was sent as a number.
GRAMMAR = 2
_BIGINT = re.compile(r"^(\w+:bigint)(?=[:=]|$)")
# Without leading dots, or characters that are special on Windows.
_NAME = re.compile(r"\w+", re.ASCII)
_PLACE = re.compile(r"(?:\w[\w-]*/)+\w[\w-]*\.py", re.ASCII)


@dataclass(frozen=True)
class Record:
    """An added resource, and the hashes of its files."""

    resource: Resource
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Return the path of the record in the project."""
        return path_of(self.resource.name)

    @property
    def base_path(self) -> str:
        """Return the path of the base texts."""
        return f"{FOLDER}/{self.resource.name}.base"

    @property
    def all_paths(self) -> list[str]:
        """Return all files that `add` wrote, including the record."""
        return [*self.files, self.path, self.base_path]

    def is_untouched(self, project: Path, path: str) -> bool:
        """Return whether a file exists unchanged."""
        return (project / path).is_file() and hash_of((project / path).read_bytes()) == self.files.get(path)

    def written(self) -> str:
        """Return the text of the record."""
        it = self.resource
        lines = [
            f"name = {json.dumps(it.name)}",
            f"plural = {json.dumps(it.plural)}",
            *_rights(it.rights),
            f"soft_delete = {json.dumps(it.soft_delete)}",
            f"edition = {it.edition}",
            f"grammar = {GRAMMAR}",
            "fields = [",
            *(f"    {json.dumps(field.word, ensure_ascii=False)}," for field in it.fields),
            "]",
            *_listed("unique", ["+".join(columns) for columns in it.uniques]),
            *_listed("no_overlap", [each.word for each in it.no_overlaps]),
            *_listed("transitions", [word for step in it.transitions for word in step.words]),
            *(line for each in it.pending for line in _waiting(each)),
            "",
            "[files]",
            *(f"{json.dumps(path)} = {json.dumps(hash_)}" for path, hash_ in sorted(self.files.items())),
        ]
        return _HEAD + "\n".join(lines) + "\n"


def _rights(rights: Rights) -> list[str]:
    """Return the lines of the rights, in their short form if they have one."""
    if rights.auth:
        return [f"auth = {json.dumps(rights.auth)}"]
    return [f"read = {json.dumps('+'.join(rights.read))}", f"write = {json.dumps('+'.join(rights.write))}"]


def _listed(key: str, words: list[str]) -> list[str]:
    return [f"{key} = [", *(f"    {json.dumps(word)}," for word in words), "]"] if words else []


def _waiting(pending: Pending) -> list[str]:
    """Return the lines of a change that waits for its contract."""
    it = pending
    keys = {"kind": it.kind, "was": it.was.word, "field": it.label, "fill": it.fill, "place": it.place}
    values = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items() if value is not None]
    return ["", "[[pending]]", *values]


def _pending(found: Mapping[str, Any]) -> tuple[Pending, ...]:
    """Return the changes that wait for their contract."""
    return tuple(
        Pending(each["kind"], parse_field(each["was"]), str(each["field"]), each.get("fill"), int(each["place"]))
        for each in found.get("pending", ())
    )


def path_of(name: str) -> str:
    """Return the path of a resource's record."""
    return f"{FOLDER}/{name}.toml"


def read(project: Path, name: str) -> Record | None:
    """Return the record of a resource; None if there is none."""
    path = project / path_of(name)
    if not (_NAME.fullmatch(name) and path.is_file()):
        return None
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _nonsense(name, str(error)) from error
    return parsed(name, text)


def is_record(path: str) -> bool:
    """Return whether a path is a record's."""
    return PurePosixPath(path).parent == PurePosixPath(FOLDER) and path.endswith(".toml")


def parsed(name: str, text: str) -> Record:
    """Parse the record of a resource; raise BadInputError if it is invalid."""
    try:
        found = tomllib.loads(text)
        resource = parse(described({**found, "fields": words_of(found)}, path_of(name)))
        resource = replace(resource, edition=int(found.get("edition", 1)), pending=_pending(found))
        files = dict(found["files"])
    except (KeyError, TypeError, ValueError, AttributeError, BadInputError) as error:
        raise _nonsense(name, str(error)) from error
    if found.get("name") != name or not all(map(_may_be_written, files)):
        raise _nonsense(name, "it names another resource, or files that add does not write")
    return Record(resource, files)


def read_description(path: Path) -> Description:
    """Return the description in a TOML file, which may be a record of another project."""
    found = read_file(path)
    if "files" in found and "fields" in found:
        found["fields"] = words_of(found)
    return described(found, str(path))


def words_of(found: Mapping[str, Any]) -> list[str]:
    """Return the words of a record's fields in today's grammar."""
    words: list[str] = found["fields"]
    grammar = found.get("grammar")
    is_current = isinstance(grammar, int) and grammar >= GRAMMAR
    return words if is_current else [_BIGINT.sub(r"\1:number", word) for word in words]


def _nonsense(name: str, why: str) -> BadInputError:
    path = path_of(name)
    return BadInputError(f"{path} is not a valid record: {why}.", f"Restore it: {typed('git', 'log', '--', path)}")


def read_all(project: Path) -> list[Record]:
    """Return all records of a project."""
    found = (read(project, name) for name in _names(project))
    return [record for record in found if record]


def read_valid(project: Path) -> tuple[list[Record], dict[str, str]]:
    """Return the valid records of a project, and the problem of each other one by its resource's name."""
    found, damaged = [], {}
    for name in _names(project):
        try:
            known = read(project, name)
        except BadInputError as error:
            damaged[name] = error.line
        else:
            found += [known] if known else []
    return found, damaged


def _names(project: Path) -> list[str]:
    return sorted(path.stem for path in (project / FOLDER).glob("*.toml"))


def _may_be_written(path: str) -> bool:
    """Return whether `add` could have written a path: a Python file in the project, without hidden folders."""
    return bool(_PLACE.fullmatch(path))


def hash_of(content: bytes) -> str:
    """Return the hash of a file with LF line ends."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
