"""What is refused before anything is written: names that are taken, references to nothing, a tree that is not clean."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from mkbackend import repository
from mkbackend.errors import BadInputError
from mkbackend.printable import on_one_line
from mkbackend.slices import migration, record, render
from mkbackend.slices.fields import Resource
from mkbackend.slices.names import class_of
from mkbackend.slices.survey import NEEDED_FOR_NEW, NEEDED_TO_ADD, Survey
from mkbackend.slices.view import Target, path_of

_LONGEST_NAME = 60
_LONGEST_LINE = 75
_OTHER, _PLURAL = "Choose another name.", "--plural NAME gives it another name."


def require_current(found: Survey) -> None:
    """Refuse to write names into a project whose template has others; `remove` needs none."""
    if not (found.project / NEEDED_TO_ADD).is_file():
        raise BadInputError(
            f"What add writes needs {NEEDED_TO_ADD}, which this older template lacks.", "mkbackend update, then again."
        )


def require_room(resource: Resource, found: Survey) -> None:
    """Refuse a resource that would meet something that is there."""
    if not resource.fields:
        raise BadInputError(f"{resource.name} has no field.", f"mkbackend add {resource.name} title:str")
    if not (found.project / NEEDED_FOR_NEW).is_file():
        raise BadInputError(
            f"A new slice needs {NEEDED_FOR_NEW}, which this older template lacks.", "mkbackend update, then again."
        )
    for path in render.places(resource.name):
        # Of a module and a package of one name, Python finds the package.
        for place in (path, path.removesuffix(".py")):
            if (found.project / place).exists():
                raise BadInputError(f"{resource.name!r} is taken: {place} is there, and add did not write it.", _OTHER)
    if resource.plural in found.tables:
        raise BadInputError(f"{resource.plural!r} is taken: {found.tables[resource.plural]} has that table.", _PLURAL)
    if (path := path_of(resource.plural)) in found.routes:
        raise BadInputError(f"{resource.plural!r} is taken: {found.routes[path]} serves {path}.", _PLURAL)
    model = class_of(resource.name)
    if model in [target.model for target in found.models.values()]:
        raise BadInputError(f"{resource.name!r} is taken: there is a model {model}.", _OTHER)


def require_clean(found: Survey) -> None:
    """Refuse changes of the user's that git could not tell from ours.

    What `add` wrote or `remove` deleted before does not count, nor does a file that the last commit has not.
    """
    repo = repository.find(found.project)
    written = {path for known in found.records for path in known.all_paths}
    changed = {repo.shown(line[3:]): line[:2] for line in repo.changes() if line[0] != "A"}
    touched = [path for path in changed if path not in written]
    if touched:
        touched = sorted({*touched} - _removed(repo, [path for path, how in changed.items() if "D" in how]))
    if touched:
        raise BadInputError(
            f"There are changes that are not committed: {', '.join(map(on_one_line, touched[:5]))}.",
            "git commit, or git stash; then again. Or --allow-dirty.",
        )


def _removed(repo: repository.Repository, deleted: list[str]) -> set[str]:
    """Return what `remove` deleted of all that is deleted: the records that are gone, and what they named."""
    gone = [path for path in deleted if record.is_record(path)]
    texts = [repo.git("show", f"HEAD:{repo.prefix}{path}") for path in gone]
    records = [record.parsed(PurePosixPath(path).stem, text) for path, text in zip(gone, texts, strict=True)]
    return {path for known in records for path in known.all_paths} & {*deleted}


def targets_of(resource: Resource, found: Survey) -> dict[str, Target]:
    """Return where each ref leads; BadInputError where that is nothing, or what tests cannot make."""
    owned = resource.auth == "owner"
    itself = Target(resource.name, class_of(resource.name), resource.plural, owned, private=owned)
    known = {**found.models, resource.name: itself}
    for field in resource.fields:
        if field.type != "ref":
            continue
        name = field.args[0]
        if name not in known:
            raise BadInputError(
                f"{field.word}: there is no resource {name!r} to refer to.", f"There are {', '.join(sorted(known))}."
            )
        if name == resource.name and not field.null:
            raise BadInputError(f"{field.word}: the first one would have nothing to refer to.", "Add :null.")
        sample = found.project / "tests/slices" / f"{name}.py"
        if name not in ("user", resource.name) and not sample.is_file():
            raise BadInputError(
                f"{field.word}: tests/slices/{name}.py is missing, from which tests get {name} to refer to.",
                f"Write it, with async def add_{name}(session), as add_user is in tests/slices/__init__.py.",
            )
    return {
        name: replace(target, leads_back=name != resource.name and found.reaches(target.table, resource.plural))
        for name, target in known.items()
    }


def require_short(seen: Mapping[str, Any]) -> None:
    """Refuse names that PostgreSQL would cut or find twice, and those too long for one line of Python."""
    names = migration.names(seen)
    for name in names:
        if len(name) > _LONGEST_NAME:
            raise BadInputError(f"{name} would be too long for a name in the database.", "Choose shorter names.")
        if names.count(name) > 1:
            raise BadInputError(f"Two indexes would be called {name}: of NAME and NAME_id.", _OTHER)
    for column in seen["enums"]:
        member = f"{column.enum}.{max(column.members, key=len)}"
        if len(column.name) + len(member) > _LONGEST_LINE:
            raise BadInputError(f"{column.field.word}: {member} would be too long.", "Choose shorter names.")
