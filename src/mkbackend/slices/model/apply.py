"""`mkbackend apply`: brings a project up to its model file, in one step."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mkbackend.document import Document, show
from mkbackend.errors import MkbackendError
from mkbackend.project import repository
from mkbackend.project.migrations import VERSIONS
from mkbackend.project.written import rewriting
from mkbackend.screen import Screen
from mkbackend.slices import checks, disk
from mkbackend.slices.model import model
from mkbackend.slices.model.batch import Batch
from mkbackend.slices.model.compare import Plan, compare
from mkbackend.slices.model.order import in_order
from mkbackend.slices.outcome import planned
from mkbackend.slices.survey import Survey, survey
from mkbackend.system.interrupts import transaction, uninterrupted
from mkbackend.system.programs import typed

# The keys of a line of the plan.
_PLAN = ("action", "resource", "about")


@dataclass(frozen=True)
class Request:
    """The arguments of the command."""

    file: Path
    path: Path
    prune: bool = False
    dry_run: bool = False
    allow_dirty: bool = False


def apply(request: Request, screen: Screen) -> None:
    """Create and extend the resources of a model file; with `dry_run` only show the plan and the diff."""
    found = survey(request.path)
    checks.require_current(found)
    plan = compare(model.read(request.file), found.records)
    if not (request.allow_dirty or request.dry_run):
        checks.require_clean(found, but=request.file.resolve())
    with screen.waiting("Render the slices"):
        batch = _batch(plan, found, prune=request.prune)
    rows = list(_rows(plan, request))
    document = planned(found.project, batch.steps, batch.unplaced, dry_run=request.dry_run)
    document |= {"plan": [dict(zip(_PLAN, row, strict=True)) for row in rows], "kept": batch.kept}
    with transaction() as change:
        if batch.steps and not request.dry_run:
            document["undo"] = _undo(plan, found, batch)
            with uninterrupted():
                disk.apply(found.project, batch.steps)
                change.left = f"{request.file} is applied: git status"
            document["next"] = ["make migrate-up", *rewriting(found.project), "make test"]
        if screen.as_json:
            show(document)
            return
        if rows:
            screen.rows(rows)
        if not batch.steps:
            screen.plain(f"Nothing to do: the project has all of {request.file}.")
            return
        if request.dry_run:
            screen.plain(document["diff"].rstrip("\n"))
        else:
            _report(batch, document, screen)
        _warn(batch, screen)


def _batch(plan: Plan, found: Survey, *, prune: bool) -> Batch:
    """Return the steps: removals first, because the name or the table of a removed resource may be used again."""
    batch = Batch(found)
    if prune:
        batch.remove(plan.absent)
    batch.create(plan.new)
    for known, more in plan.extended:
        batch.extend(known, more)
    return batch


def _rows(plan: Plan, request: Request) -> Iterator[tuple[str, str, str]]:
    """Yield the lines of the plan."""
    for each in in_order(plan.new):
        yield "add", each.resource.name, ", ".join(field.label for field in each.resource.fields)
    for known, more in plan.extended:
        yield "change", known.resource.name, " ".join([*more.fields, *more.unique, *more.transitions])
    for known in plan.absent:
        why = "" if request.prune else f"{request.file.name} lacks it: --prune removes it"
        yield "remove" if request.prune else "keep", known.resource.name, why


def _undo(plan: Plan, found: Survey, batch: Batch) -> str:
    """Return the undo command; empty if git lacks something of the present state."""
    try:
        repo = repository.find(found.project)
    except MkbackendError:
        return ""
    changed = repo.changes()
    created = in_order(plan.new)
    removed = len(batch.found.records) < len(found.records)
    if not (removed or plan.extended) and all(each.is_complete for each in created):
        more = ["--allow-dirty"] if changed else []
        return " && ".join(typed("mkbackend", "remove", each.resource.name, *more) for each in reversed(created))
    tracked = set(repo.names("ls-files", "-z"))
    new = [repo.prefix + path for path in batch.steps if repo.prefix + path not in tracked]
    return "" if changed else repository.undo(repo, new, conflicts=False)


def _report(batch: Batch, document: Document, screen: Screen) -> None:
    """Print the migrations, the number of other files, the next steps and the undo command."""
    # In the order in which they were planned, and run.
    migrations = [path for path in batch.found.planned if path in batch.steps and path.startswith(VERSIONS)]
    screen.plain(f"\n{len(batch.steps)} files, listed by git status, with these migrations:")
    for path in migrations:
        screen.plain(f"  {'-' if batch.steps[path] is None else '+'} {path}")
    screen.commands("Next:", document["next"])
    if document["undo"]:
        screen.commands("Undo:", [document["undo"]])


def _warn(batch: Batch, screen: Screen) -> None:
    """Print what is left to do by hand."""
    if batch.kept:
        screen.warn(f"Kept, because you edited them: {', '.join(batch.kept)}.")
    for path, missing in batch.unplaced.items():
        screen.warn(f"You edited {path} where these lines belong. Add them by hand:")
        screen.plain(missing)
