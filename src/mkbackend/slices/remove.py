"""`mkbackend remove`: takes away what `add` wrote and nobody has touched since."""

from dataclasses import dataclass
from pathlib import Path

from mkbackend import migrations, repository
from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.migrations import VERSIONS
from mkbackend.screen import Screen
from mkbackend.slices import base, changes, migration, record, render
from mkbackend.slices.checks import require_clean, targets_of
from mkbackend.slices.record import Record
from mkbackend.slices.survey import Survey, survey
from mkbackend.slices.view import view
from mkbackend.stage import uninterrupted


@dataclass(frozen=True)
class Request:
    """What was typed."""

    name: str
    path: Path
    force: bool = False
    dry_run: bool = False
    allow_dirty: bool = False


def remove(request: Request, screen: Screen) -> None:
    """Remove a slice, or with `dry_run` only show it; say what stays, and why."""
    screen.left = "nothing was changed"
    found = survey(request.path)
    known = _record(request.name, found)
    changes.require_own(found.project, known.all_paths)
    _require_unreferred(known, found)
    if not (request.allow_dirty or request.dry_run):
        require_clean(found)
    there = [path for path in known.files if (found.project / path).is_file() and not path.startswith(VERSIONS)]
    kept = [path for path in there if not (request.force or known.is_untouched(found.project, path))]
    own = [path for path in (known.path, known.base_path) if (found.project / path).is_file()]
    steps: dict[str, str | None] = dict.fromkeys([path for path in there if path not in kept] + own)
    written = _migrations(known, found)
    steps |= written
    if request.dry_run:
        screen.plain(changes.difference(found.project, base.without(steps)).rstrip("\n"))
        return
    with uninterrupted():
        changes.apply(found.project, steps)
        screen.left = f"{request.name} is removed: git status"
    _report(steps, kept, screen)


def _record(name: str, found: Survey) -> Record:
    """Return the record of a resource; BadInputError where `add` wrote none."""
    if known := record.read(found.project, name):
        return known
    names = ", ".join(known.resource.name for known in found.records)
    hint = f"There are {names}." if names else "Nothing was added here."
    raise BadInputError(f"{name!r} was not added: there is no {record.path_of(name)}.", hint)


def _require_unreferred(known: Record, found: Survey) -> None:
    """Refuse while a table of another resource refers to this one."""
    own = known.resource
    for table, path in found.tables.items():
        if table != own.plural and own.plural in found.leads[table]:
            back = table in found.leads[own.plural]
            hint = "Take the field out of one of them." if back else f"Remove {Path(path).stem} first."
            raise BadInputError(f"{path} refers to {own.plural}, which would be gone.", hint)


def _migrations(known: Record, found: Survey) -> dict[str, str | None]:
    """Return what becomes of the migrations: they go; if a database may have run them, one more drops the table."""
    own = [path for path in known.files if path.startswith(VERSIONS) and (found.project / path).is_file()]
    if not own:
        return {}
    if not _may_have_been_applied(own, known, found):
        return dict.fromkeys(own)
    shown = view(known.resource, targets_of(known.resource, found))
    path, text = migration.drop_table(shown, found.head())
    return dict(render.formatted({path: text}, found.project))


def _may_have_been_applied(own: list[str], known: Record, found: Survey) -> bool:
    """Whether the migrations are committed or edited, others follow them, or the project's own server ran since."""
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
    others = [other for other in migrations.read(found.project) if other.revision not in revisions]
    if any(revisions & set(other.follows) for other in others):
        return True
    since = min((found.project / path).stat().st_mtime for path in own)
    return any(path.stat().st_mtime > since for path in found.project.glob(".pgdata/*/pg_wal/*"))


def _report(steps: changes.Changes, kept: list[str], screen: Screen) -> None:
    """Say what is gone, what stays, and what is left to do."""
    gone = [path for path, text in steps.items() if text is None]
    for path in gone:
        screen.plain(f"  - {path}")
    if kept:
        screen.warn(f"You have edited these, so they stay: {', '.join(kept)}. --force removes them too.")
    for path, text in steps.items():
        if text is not None:
            screen.plain(f"  + {path}")
            screen.plain("\nIts migration may have been applied, so this one drops the table. Next: make migrate-up")
    if any(path.startswith(VERSIONS) for path in gone):
        screen.plain("\nIts migration is gone too. A database that has run it: make migrate-down, before this.")
