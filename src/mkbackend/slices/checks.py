"""Checks before anything is written: names in use, missing references, uncommitted changes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from mkbackend.errors import BadInputError
from mkbackend.project import repository
from mkbackend.slices import record
from mkbackend.slices.names import class_of, path_of
from mkbackend.slices.record import Record
from mkbackend.slices.rendering import render
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.resource.rights import ADMIN
from mkbackend.slices.sql import migration
from mkbackend.slices.survey import BASE, NEEDED_FOR_NEW, NEEDED_TO_ADD, TYPES, Survey
from mkbackend.slices.types.bigint import BigInt
from mkbackend.slices.types.field import Field, Target
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.ref import Ref
from mkbackend.system.printable import on_one_line

_LONGEST_NAME = 60
_LONGEST_LINE = 75
_OTHER, _PLURAL = "Choose another name.", "Choose another plural with --plural NAME."


def require_current(found: Survey) -> None:
    """Raise BadInputError if the project's template has older names than add writes; `remove` does not need this."""
    if not (found.project / NEEDED_TO_ADD).is_file():
        raise BadInputError(
            f"add needs {NEEDED_TO_ADD}, which this older template lacks.", "Run mkbackend update, then retry."
        )


def require_room(resource: Resource, found: Survey) -> None:
    """Raise BadInputError for a resource without fields, or that conflicts with existing code."""
    if not resource.fields:
        raise BadInputError(f"{resource.name} has no fields.", f"mkbackend add {resource.name} title:str")
    if not (found.project / NEEDED_FOR_NEW).is_file():
        raise BadInputError(
            f"A new slice needs {NEEDED_FOR_NEW}, which this older template lacks.", "Run mkbackend update, then retry."
        )
    for path in render.places(resource.name):
        # A package shadows a module of the same name.
        for place in (path, path.removesuffix(".py")):
            if found.has(place):
                raise BadInputError(f"{resource.name!r} is taken: {place} exists, and add did not write it.", _OTHER)
    if resource.plural in found.tables:
        raise BadInputError(
            f"{resource.plural!r} is taken: {found.tables[resource.plural]} defines that table.", _PLURAL
        )
    if (path := path_of(resource.plural)) in found.routes:
        raise BadInputError(f"{resource.plural!r} is taken: {found.routes[path]} serves {path}.", _PLURAL)
    require_free_links(resource, found)
    model = class_of(resource.name)
    if model in [target.model for target in found.models.values()]:
        raise BadInputError(f"{resource.name!r} is taken: the model {model} exists.", _OTHER)


def require_free_links(resource: Resource, found: Survey, known: Resource | None = None) -> None:
    """Raise BadInputError if the table of a new link exists."""
    for link in resource.links:
        table = f"{resource.name}_{link.label}"
        if table in found.tables and not (known and link in known.links):
            raise link.refuse(f"{table!r} is taken: {found.tables[table]} defines that table.", _OTHER)


def require_unwritten(found: Survey, paths: Iterable[str]) -> None:
    """Raise BadInputError if a file exists that `add` did not write."""
    for path in paths:
        if found.has(path):
            raise BadInputError(f"{path} exists, and add did not write it.", "Move it away, then retry.")


def require_roles(resource: Resource, found: Survey) -> None:
    """Raise BadInputError for a role that the project lacks."""
    for role in sorted(resource.rights.roles - found.roles - {ADMIN}):
        raise BadInputError(
            f"Unknown role {role!r}.", f"Use one of {', '.join(sorted(found.roles))}, or add it: docs/role.md."
        )


def require_types(resource: Resource, found: Survey) -> None:
    """Raise BadInputError for a field whose schema uses a type that the project's template lacks."""
    types = (found.project / TYPES).read_text(encoding="utf-8")
    for field in resource.fields:
        if isinstance(field, BigInt) and field.is_text and "Int8Text" not in types:
            raise BadInputError(
                f"{field.word}: {TYPES} of this older template lacks Int8Text, which sends it as text.",
                f"Run mkbackend update, then retry; or send it as a number: {field.label}:bigint:number",
            )
        for line in field.imports:
            _require_import(field, line, found)


def _require_import(field: Field, line: str, found: Survey) -> None:
    """Raise BadInputError if a line imports a name that the project does not have."""
    module, name = line.removeprefix("from ").split(" import ")
    path = f"{module.replace('.', '/')}.py"
    file = found.project / path
    if not file.is_file() or not re.search(rf"^{name}\b", file.read_text(encoding="utf-8"), re.MULTILINE):
        raise BadInputError(
            f"{field.word}: {path} of this older template lacks {name}.", "Run mkbackend update, then retry."
        )


def require_record(name: str, found: Survey) -> Record:
    """Return the record of a resource; raise BadInputError if there is none."""
    if known := record.read(found.project, name):
        return known
    names = ", ".join(known.resource.name for known in found.records)
    hint = f"Resources: {names}." if names else "No resource was added."
    raise BadInputError(f"{name!r} was not added: {record.path_of(name)} does not exist.", hint)


def require_renamed(seen: Mapping[str, Any], found: Survey) -> None:
    """Raise BadInputError if the project's template cannot name the column of an enum."""
    base = (found.project / BASE).read_text(encoding="utf-8")
    for column in seen["enums"]:
        if column.column != column.name and "column: str | None" not in base:
            raise BadInputError(
                f"{column.word}: enum_column in {BASE} of this older template cannot name a column.",
                "Run mkbackend update, then retry.",
            )


def require_clean(found: Survey, but: Path | None = None) -> None:
    """Raise BadInputError for uncommitted changes of the user, which would mix with ours.

    Changes by earlier `add` and `remove` commands, newly added files and the file `but` do not count.
    """
    repo = repository.find(found.project)
    written = {path for known in found.records for path in known.all_paths}
    changed = {repo.shown(line[3:]): line[:2] for line in repo.changes() if line[0] != "A"}
    touched = [path for path in changed if path not in written and found.project / path != but]
    if touched:
        touched = sorted({*touched} - _removed(repo, [path for path, how in changed.items() if "D" in how]))
    if touched:
        raise BadInputError(
            f"There are uncommitted changes: {', '.join(map(on_one_line, touched[:5]))}.",
            "git commit or git stash, then retry; or use --allow-dirty.",
        )


def _removed(repo: repository.Repository, deleted: list[str]) -> set[str]:
    """Return the deleted files that `remove` deleted: records, and the files listed in them."""
    gone = [path for path in deleted if record.is_record(path)]
    texts = [repo.git("show", f"HEAD:{repo.prefix}{path}") for path in gone]
    records = [record.parsed(PurePosixPath(path).stem, text) for path, text in zip(gone, texts, strict=True)]
    return {path for known in records for path in known.all_paths} & {*deleted}


def targets_of(resource: Resource, found: Survey) -> dict[str, Target]:
    """Return the target of each ref; raise BadInputError if it does not exist, or tests cannot create it."""
    itself = Target(
        resource.name, class_of(resource.name), resource.plural, resource.owner, private=resource.rights.private
    )
    known = {**found.models, resource.name: itself}
    for field in resource.fields:
        if not isinstance(field, Ref | Many):
            continue
        name = field.args[0]
        if name not in known:
            raise BadInputError(f"{field.word}: unknown resource {name!r}.", f"Resources: {', '.join(sorted(known))}.")
        if (isinstance(field, Many) or field.nested) and name != resource.name and not known[name].added:
            raise BadInputError(
                f"{field.word}: add did not write {name}, so its rights are unknown.", "Write this route by hand."
            )
        if name == resource.name and not field.null:
            raise BadInputError(f"{field.word}: the first row would have nothing to refer to.", "Add :null.")
        if name not in ("user", resource.name) and not found.has(f"tests/slices/{name}.py"):
            raise BadInputError(
                f"{field.word}: tests/slices/{name}.py is missing, with which tests create the {name}.",
                f"Write it with async def add_{name}(session), like add_user in tests/slices/__init__.py.",
            )
    return {
        name: replace(target, leads_back=name != resource.name and found.reaches(target.table, resource.plural))
        for name, target in known.items()
    }


def require_short(seen: Mapping[str, Any]) -> None:
    """Raise BadInputError for database names that are too long or duplicate, and enum members too long for a line."""
    names = migration.names(seen)
    for name in names:
        if len(name) > _LONGEST_NAME:
            raise BadInputError(
                f"{name} is too long: database names have {_LONGEST_NAME} characters at most.", "Choose shorter names."
            )
        if names.count(name) > 1:
            raise BadInputError(f"Two indexes would be named {name}: for fields NAME and NAME_id.", _OTHER)
    for column in seen["enums"]:
        member = f"{column.own_class}.{max(column.members, key=len)}"
        if len(column.name) + len(member) > _LONGEST_LINE:
            raise BadInputError(f"{column.word}: {member} is too long for one line.", "Choose shorter names.")
