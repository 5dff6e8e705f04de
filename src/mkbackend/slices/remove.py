"""`mkbackend remove`: removes the files that `add` wrote, except edited ones."""

from dataclasses import dataclass
from pathlib import Path

from mkbackend.document import Document, show
from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.project import migrations, repository
from mkbackend.project.migrations import VERSIONS
from mkbackend.project.written import rewriting
from mkbackend.screen import Screen
from mkbackend.slices import disk
from mkbackend.slices.checks import require_clean, require_record, targets_of
from mkbackend.slices.outcome import planned
from mkbackend.slices.record import Record
from mkbackend.slices.rendering import render
from mkbackend.slices.rendering.view import view
from mkbackend.slices.sql import migration
from mkbackend.slices.survey import Survey, survey
from mkbackend.system.interrupts import transaction, uninterrupted


@dataclass(frozen=True)
class Request:
    """The arguments of the command."""

    name: str
    path: Path
    force: bool = False
    dry_run: bool = False
    allow_dirty: bool = False


def remove(request: Request, screen: Screen) -> None:
    """Remove a slice and report the files that are kept; with `dry_run` only show the diff."""
    found = survey(request.path)
    known = require_record(request.name, found)
    if not (request.allow_dirty or request.dry_run):
        require_clean(found)
    steps, kept = removal(known, found, force=request.force)
    document = planned(found.project, steps, dry_run=request.dry_run) | {"resource": request.name, "kept": kept}
    with transaction() as change:
        if not request.dry_run:
            with uninterrupted():
                disk.apply(found.project, steps)
                change.left = f"{request.name} is removed: git status"
            migrated = ["make migrate-up"] if document["added"] else []
            document["next"] = [*migrated, *rewriting(found.project)]
        if screen.as_json:
            show(document)
        elif request.dry_run:
            screen.plain(document["diff"].rstrip("\n"))
        else:
            _report(document, steps, screen)


def removal(known: Record, found: Survey, *, force: bool = False) -> tuple[disk.Changes, list[str]]:
    """Return the changes that remove a resource, and its edited files, which are kept unless `force`."""
    disk.require_own(found.project, known.all_paths)
    _require_unreferred(known, found)
    there = [path for path in known.files if (found.project / path).is_file() and not path.startswith(VERSIONS)]
    kept = [path for path in there if not (force or known.is_untouched(found.project, path))]
    own = [path for path in (known.path, known.base_path) if (found.project / path).is_file()]
    gone: disk.Changes = dict.fromkeys([path for path in there if path not in kept] + own)
    return {**gone, **_migrations(known, found)}, kept


def _require_unreferred(known: Record, found: Survey) -> None:
    """Raise BadInputError if a table of another resource refers to this one."""
    own = known.resource
    for table, path in found.tables.items():
        if Path(path).stem != own.name and own.plural in found.leads[table]:
            back = table in found.leads[own.plural]
            hint = "Remove the field from one of them." if back else f"Remove {Path(path).stem} first."
            raise BadInputError(f"{own.name} cannot be removed: {path} refers to {own.plural}.", hint)


def _migrations(known: Record, found: Survey) -> dict[str, str | None]:
    """Return the changes to the migrations: delete them, or add one that drops the table if they may be applied."""
    own = [path for path in known.files if path.startswith(VERSIONS) and (found.project / path).is_file()]
    if not own:
        return {}
    if not _may_have_been_applied(own, known, found):
        return dict.fromkeys(own)
    shown = view(known.resource, targets_of(known.resource, found))
    path, text = migration.drop_table(shown, found.head())
    return dict(render.formatted({found.free(path): text}, found.project))


def _may_have_been_applied(own: list[str], known: Record, found: Survey) -> bool:
    """Return whether migrations are committed, edited or followed, or the embedded server ran since."""
    try:
        repo = repository.find(found.project)
        committed = repo.names(
            "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *[repo.prefix + path for path in own]
        )
    except MkbackendError:
        return True
    if committed or not all(known.is_untouched(found.project, path) for path in own):
        return True
    mine = migrations.read_files([found.project / path for path in own])
    revisions = {migration.revision for migration in mine}
    others = [other for other in found.revisions() if other.revision not in revisions]
    if any(revisions & set(other.follows) for other in others):
        return True
    since = min((found.project / path).stat().st_mtime for path in own)
    return any(path.stat().st_mtime > since for path in found.project.glob(".pgdata/*/pg_wal/*"))


def _report(document: Document, steps: disk.Changes, screen: Screen) -> None:
    """Print the removed and kept files, and the next steps."""
    gone = [path for path, text in steps.items() if text is None]
    for path in gone:
        screen.plain(f"  - {path}")
    if kept := document["kept"]:
        screen.warn(f"Kept, because you edited them: {', '.join(kept)}. --force removes them too.")
    for path, text in steps.items():
        if text is not None:
            screen.plain(f"  + {path}")
            screen.plain("\nIts migration may have been applied, so this one drops the table.")
    if any(path.startswith(VERSIONS) for path in gone):
        screen.plain(
            "\nIts migration was removed too. If a database has applied it, undo this, then: make migrate-down"
        )
    if document["next"]:
        screen.commands("Next:", document["next"])
