"""`mkbackend change`: changes fields of a slice, in stages that a running release survives."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mkbackend.document import Document, show
from mkbackend.errors import BadInputError
from mkbackend.project.migrations import VERSIONS
from mkbackend.project.written import rewriting
from mkbackend.screen import Screen
from mkbackend.slices import checks, disk
from mkbackend.slices.change.staged import downgrade, upgrade
from mkbackend.slices.change.undo import undo_of
from mkbackend.slices.change.wanted import Wish, dropped_with, wanted
from mkbackend.slices.outcome import lines_of, planned
from mkbackend.slices.record import Record
from mkbackend.slices.rendering import render
from mkbackend.slices.rendering.view import view
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.rewrite import rewritten
from mkbackend.slices.sql import migration
from mkbackend.slices.sql.table import table_of
from mkbackend.slices.survey import Survey, survey
from mkbackend.system.interrupts import transaction, uninterrupted
from mkbackend.system.programs import typed


@dataclass(frozen=True)
class Request:
    """The arguments of the command."""

    name: str
    wish: Wish
    path: Path
    contract: bool = False
    partial: bool = False
    dry_run: bool = False
    allow_dirty: bool = False


def change(request: Request, screen: Screen) -> None:
    """Change fields, or take the second step of earlier changes; with `dry_run` only show the diff."""
    found = survey(request.path)
    checks.require_current(found)
    known = checks.require_record(request.name, found)
    new = _after(known.resource, request)
    if not (request.allow_dirty or request.dry_run):
        checks.require_clean(found)
    with screen.waiting("Render the slice"):
        steps, unplaced = _steps(known, new, found, _message(known.resource, request))
    if unplaced and not request.partial:
        for path, missing in unplaced.items():
            screen.warn(f"You edited {path} where these lines change:")
            screen.plain(missing)
        error = BadInputError(
            f"{', '.join(unplaced)}: the change cannot be merged into your edits.",
            "Make room for it there, or use --partial and make the rest of the change by hand.",
        )
        error.details = {"unplaced": lines_of(unplaced)}
        raise error
    document = planned(found.project, steps, unplaced, dry_run=request.dry_run)
    document |= {
        "resource": new.name,
        "dropped": dropped_with(known.resource, request.wish.drops),
        "contract": [each.words for each in new.pending],
    }
    with transaction() as done:
        if not request.dry_run:
            with uninterrupted():
                disk.apply(found.project, steps)
                done.left = f"{new.name} is changed: git status"
            migrated = ["make migrate-up"] if any(path.startswith(VERSIONS) for path in steps) else []
            document["next"] = [*migrated, *rewriting(found.project), "make lint test"]
            document["undo"] = undo_of(found.project, steps, known)
        if screen.as_json:
            show(document)
        elif request.dry_run:
            screen.plain(document["diff"].rstrip("\n"))
        else:
            _report(document, steps, unplaced, screen)


def _after(old: Resource, request: Request) -> Resource:
    """Return the resource after the command."""
    if not request.contract:
        if request.wish.is_empty:
            raise BadInputError("Nothing to change is given.", f"mkbackend change {old.name} FIELD")
        return wanted(old, request.wish)
    if not request.wish.is_empty or request.wish.fill is not None:
        raise BadInputError("--contract takes no further change.", f"mkbackend change {old.name} --contract")
    if not old.pending:
        raise BadInputError(f"--contract: no change of {old.name} waits for it.", "Omit it.")
    return replace(old, pending=())


def _steps(known: Record, new: Resource, found: Survey, message: str) -> tuple[disk.Changes, dict[str, str]]:
    """Return the changes of the files with the migration, and the lines that could not be merged."""
    checks.require_types(new, found)
    before, after = (view(each, checks.targets_of(each, found)) for each in (known.resource, new))
    checks.require_short(after)
    checks.require_renamed(after, found)
    disk.require_own(found.project, known.all_paths)
    fresh = render.render(after, found.project)
    fresh |= _migration(before, after, found, message)
    return rewritten(known, new, render.render(before, found.project), fresh, found.project)


def _migration(before: Mapping[str, Any], after: Mapping[str, Any], found: Survey, message: str) -> dict[str, str]:
    """Return the migration by its path; none if the table stays."""
    was, now = table_of(before), table_of(after)
    steps = upgrade(was, now)
    if not steps:
        return {}
    path, text = migration.write(message, found.head(), steps, downgrade(was, now))
    # The same change back, within a minute.
    while (found.project / path).exists():
        path = path.replace(".py", "_again.py")
    return {path: text}


def _message(old: Resource, request: Request) -> str:
    """Return the message of the migration."""
    if request.contract:
        verb, fields = "contract", [each.label or each.was.label for each in old.pending]
    else:
        verb, fields = "change", [*request.wish.drops, *(word.partition(":")[0] for word in request.wish.fields)]
    return f"{verb} {' and '.join(fields)} of {old.plural}".replace("_", " ")[:70]


def _report(document: Document, steps: disk.Changes, unplaced: Mapping[str, str], screen: Screen) -> None:
    """Print the changed files, the lines to place by hand, the constraints that are gone, and the next commands."""
    for path, text in steps.items():
        screen.plain(f"  {'- ' if text is None else ''}{path}")
    for path, missing in unplaced.items():
        screen.warn(f"You edited {path} where these lines change. Change them by hand:")
        screen.plain(missing)
    if document["dropped"]:
        screen.plain("\nDropped too, because a dropped field is part of it:")
        for word in document["dropped"]:
            screen.plain(f"  {word}")
    screen.commands("Next:", document["next"])
    if document["contract"]:
        screen.plain("\nOnce no earlier release runs, the contract:")
        for words in document["contract"]:
            screen.plain(f"  {words}")
        screen.commands("Then:", [typed("mkbackend", "change", document["resource"], "--contract")])
    if document["undo"]:
        screen.commands("Undo:", [document["undo"]])
