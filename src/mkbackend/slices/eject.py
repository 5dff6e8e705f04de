"""`mkbackend eject`: copies the templates of slices into a project, where `add` prefers them."""

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from mkbackend.document import show
from mkbackend.errors import BadInputError
from mkbackend.project import repository
from mkbackend.screen import Screen
from mkbackend.slices import disk
from mkbackend.slices.record import hash_of
from mkbackend.slices.rendering.templating import OWN, TEMPLATES, names
from mkbackend.slices.survey import survey
from mkbackend.system.interrupts import transaction, uninterrupted

# What can be copied.
WHAT = "slice-templates"
_HASHES = f"{OWN}/originals.toml"
_HEAD = "# The templates that `mkbackend eject` copied, by hash: `mkbackend status` names those that are newer since.\n"


@dataclass(frozen=True)
class Request:
    """The arguments of the command."""

    what: str
    path: Path
    force: bool = False


def eject(request: Request, screen: Screen) -> None:
    """Copy the templates; replace those of the project with `force` only."""
    if request.what != WHAT:
        raise BadInputError(f"{request.what!r} cannot be copied.", f"mkbackend eject {WHAT}")
    project = survey(request.path).project
    if (project / OWN).is_dir():
        _require_replaceable(project, force=request.force)
    texts = {f"{OWN}/{name}": _original(name) for name in names()}
    hashes = [f"{json.dumps(name)} = {json.dumps(hash_of(_original(name).encode()))}\n" for name in names()]
    with transaction() as change:
        with uninterrupted():
            disk.apply(project, {**texts, _HASHES: _HEAD + "".join(hashes)})
            change.left = f"the templates are in {OWN}"
        if screen.as_json:
            show({"written": [*texts, _HASHES]})
        else:
            screen.plain(f"{len(texts)} templates are in {OWN}: edit some, and remove the others. Commit the folder.")


def outrun(project: Path) -> list[str]:
    """Return the templates of a project whose originals have changed since they were copied, or are gone."""
    own = [path.relative_to(project / OWN).as_posix() for path in (project / OWN).rglob("*.jinja") if path.is_file()]
    copied = _copied(project) if own else {}
    ours = set(names())
    return sorted(
        f"{OWN}/{name}"
        for name in own
        if name in copied and (name not in ours or hash_of(_original(name).encode()) != copied[name])
    )


def _require_replaceable(project: Path, *, force: bool) -> None:
    """Raise BadInputError unless the templates may be replaced, and git has them."""
    if not force:
        raise BadInputError(
            f"{OWN} exists.", "mkbackend eject slice-templates --force replaces it; git diff then shows your edits."
        )
    repo = repository.find(project)
    listed = repo.names("ls-tree", "-r", "-z", "--name-only", "HEAD", "--", f"{repo.prefix}{OWN}")
    changed = [repo.shown(line[3:]) for line in repo.changes() if line[3:].startswith(f"{repo.prefix}{OWN}/")]
    untracked = [
        path for name in names() if (project / (path := f"{OWN}/{name}")).is_file() and repo.prefix + path not in listed
    ]
    if lost := sorted({*changed, *untracked}):
        raise BadInputError(f"Edits would be lost that git lacks: {', '.join(lost[:5])}.", "git commit, then retry.")


def _original(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _copied(project: Path) -> dict[str, str]:
    """Return the hashes of the copied originals; raise BadInputError if they cannot be read."""
    try:
        found = tomllib.loads((project / _HASHES).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BadInputError(f"{_HASHES} cannot be read: {error}.", "Restore it from git.") from error
    return {name: hash_ for name, hash_ in found.items() if isinstance(hash_, str)}
