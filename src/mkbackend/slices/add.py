"""`mkbackend add`: renders a slice aside, then writes it into the project in one step."""

from dataclasses import dataclass
from pathlib import Path

from mkbackend.document import Document, show
from mkbackend.project.written import rewriting
from mkbackend.screen import Screen
from mkbackend.slices import checks, disk, record
from mkbackend.slices.change.undo import undo_of
from mkbackend.slices.draft import draft
from mkbackend.slices.extend import extend
from mkbackend.slices.names import path_of
from mkbackend.slices.outcome import planned
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
    document = planned(found.project, steps, unplaced, dry_run=request.dry_run)
    document |= {"resource": resource.name, "routes": _routes(resource, steps)}
    with transaction() as change:
        if not request.dry_run:
            with uninterrupted():
                disk.apply(found.project, steps)
                change.left = f"{resource.name} is complete: git status"
            document["next"] = ["make migrate-up", *rewriting(found.project), "make test"]
            document["undo"] = (
                undo_of(found.project, steps, known) if known else typed("mkbackend", "remove", resource.name)
            )
        if screen.as_json:
            show(document)
            return
        _report(document, steps, screen)
        for path, missing in unplaced.items():
            screen.warn(f"You edited {path} where these lines belong. Add them by hand:")
            screen.plain(missing)


def _routes(resource: Resource, steps: disk.Changes) -> list[dict[str, str]]:
    """Return the new routes and their callers, below the prefix of the API."""
    routers = {"": path_of(resource.plural), "_nested": ""}
    texts = [(steps.get(f"app/api/v1/{resource.name}{part}_router.py"), prefix) for part, prefix in routers.items()]
    if not texts[0][0]:
        return []
    return [route._asdict() for text, prefix in texts if text for route in routes_of(text, prefix, resource.rights)]


def _report(document: Document, steps: disk.Changes, screen: Screen) -> None:
    """Print the diff of a dry run; else the written files, the new routes, the next steps and the undo command."""
    if document["dry_run"]:
        screen.plain(document["diff"].rstrip("\n"))
        return
    for path in steps:
        screen.plain(f"  {path}")
    if document["routes"]:
        screen.say("\nRoutes, below the prefix of the API:")
        screen.rows([[*route.values()] for route in document["routes"]])
    screen.commands("Next:", document["next"])
    if document["undo"]:
        screen.commands("Undo:", [document["undo"]])
