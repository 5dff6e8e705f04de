"""`mkbackend add`: renders a slice aside, then writes it into the project in one step."""

from dataclasses import dataclass
from pathlib import Path

from mkbackend.project.written import rewriting
from mkbackend.screen import Screen
from mkbackend.slices import base, changes, checks, record
from mkbackend.slices.change.undo import undo_of
from mkbackend.slices.draft import draft
from mkbackend.slices.extend import extend
from mkbackend.slices.names import path_of
from mkbackend.slices.rendering import render
from mkbackend.slices.resource.description import Description
from mkbackend.slices.resource.grammar import resource_of
from mkbackend.slices.resource.resource import Resource
from mkbackend.slices.routes import routes_of
from mkbackend.slices.survey import survey
from mkbackend.system.interrupts import transaction, uninterrupted
from mkbackend.system.programs import typed


@dataclass(frozen=True)
class Request:
    """The arguments of the command."""

    described: Description
    path: Path
    file: Path | None = None
    dry_run: bool = False
    allow_dirty: bool = False


def add(request: Request, screen: Screen) -> None:
    """Write a new slice, or new fields of an existing one; with `dry_run` only show the diff."""
    found = survey(request.path)
    checks.require_current(found)
    described = request.described
    if request.file:
        described = record.read_description(request.file).with_words(described)
    known = record.read(found.project, described.name)
    if not (request.allow_dirty or request.dry_run):
        checks.require_clean(found)
    unplaced: dict[str, str] = {}
    with screen.waiting("Render the slice"):
        if known:
            resource, steps, unplaced = extend(known, described, found)
        else:
            resource = resource_of(described)
            made = draft(resource, found)
            steps = made.written(render.formatted(made.files, found.project))
    with transaction() as change:
        if request.dry_run:
            screen.plain(changes.difference(found.project, base.without(steps)).rstrip("\n"))
        else:
            with uninterrupted():
                changes.apply(found.project, steps)
                change.left = f"{resource.name} is complete: git status"
            undo = undo_of(found.project, steps, known) if known else typed("mkbackend", "remove", resource.name)
            _report(resource, steps, undo, found.project, screen)
        for path, missing in unplaced.items():
            screen.warn(f"You edited {path} where these lines belong. Add them by hand:")
            screen.plain(missing)


def _report(resource: Resource, steps: changes.Changes, undo: str, project: Path, screen: Screen) -> None:
    """Print the written files, the new routes, the next steps and the undo command."""
    for path in steps:
        screen.plain(f"  {path}")
    routers = {"": path_of(resource.plural), "_nested": ""}
    texts = [(steps.get(f"app/api/v1/{resource.name}{part}_router.py"), prefix) for part, prefix in routers.items()]
    if texts[0][0]:
        screen.say("\nRoutes, below the prefix of the API:")
        screen.rows([route for text, prefix in texts if text for route in routes_of(text, prefix, resource.rights)])
    screen.commands("Next:", ["make migrate-up", *rewriting(project), "make test"])
    if undo:
        screen.commands("Undo:", [undo])
