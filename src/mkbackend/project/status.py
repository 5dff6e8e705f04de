"""`mkbackend status`: a project compared with its template version and the installed one."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from mkbackend import __version__
from mkbackend.document import show
from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.project.answers import ANSWERS, Recorded, read_project, stored_answers
from mkbackend.project.several import Line, report_each
from mkbackend.project.versions import Span, find_span, short
from mkbackend.screen import Screen
from mkbackend.system.git import git, require_git
from mkbackend.system.printable import on_one_line
from mkbackend.template import bundle, changelog
from mkbackend.template.render import render


@dataclass(frozen=True)
class OfSlices:
    """Functions that look at the slices of a project.

    Attributes:
        outrun: returns the paths of the project's own templates whose originals are newer.
        behind: returns the slices that today's templates would change.
    """

    outrun: Callable[[Path], list[str]]
    behind: Callable[[Path], list[str]]


@dataclass(frozen=True)
class Status:
    """The status of a project.

    `slices` are the slices that today's templates would change, the other lists its paths that differ from a fresh
    render of its version.
    """

    path: str
    project_version: str
    installed_version: str
    mkbackend: str
    behind: bool
    changelog: str
    edited: list[str]
    deleted: list[str]
    added: list[str]
    outrun: list[str]
    slices: list[str]


def status(paths: Sequence[str], of_slices: OfSlices, screen: Screen) -> int:
    """Show the status of a project, or a line for each of several; return the exit code, 1 if one is behind."""
    require_git()
    if len(paths) > 1:
        return report_each(paths, partial(_line, of_slices=of_slices), screen)
    with screen.waiting("Compare the project with its template"):
        found = _look(paths[0], of_slices)
    if screen.as_json:
        show(asdict(found))
    else:
        _show(found, screen)
    return int(found.behind)


def _line(path: str, of_slices: OfSlices) -> Line:
    found = _look(path, of_slices)
    versions = f"{found.project_version} to {found.installed_version}" if found.behind else found.project_version
    counts = {
        "edited": found.edited,
        "deleted": found.deleted,
        "added": found.added,
        "templates outrun": found.outrun,
        "slices behind": found.slices,
    }
    own = ", ".join(f"{len(names)} {what}" for what, names in counts.items() if names)
    text = f"{versions}: {'behind' if found.behind else 'up to date'}{f'; {own}' if own else ''}"
    return Line("note" if found.behind else "ok", text, int(found.behind), asdict(found))


def _look(path: str, of_slices: OfSlices) -> Status:
    project = read_project(Path(path))
    with find_span(project, None, None, remember=False) as span:
        return _compared(project, span, of_slices)


def _compared(project: Recorded, span: Span, of_slices: OfSlices) -> Status:
    old, new = span.old.version, span.new.version
    behind = bundle.order(old) < bundle.order(new)
    edited, deleted, added = _compare(project, span)
    return Status(
        path=str(project.project),
        project_version=short(old),
        installed_version=short(new),
        mkbackend=__version__,
        behind=behind,
        changelog=changelog.between(old, new),
        edited=edited,
        deleted=deleted,
        added=added,
        outrun=of_slices.outrun(project.project),
        slices=of_slices.behind(project.project),
    )


def _compare(project: Recorded, span: Span) -> tuple[list[str], list[str], list[str]]:
    """Return the files edited, deleted and added since the project's version was rendered."""
    answers = stored_answers(project, span.old.questions)
    with tempfile.TemporaryDirectory(prefix="mkbackend-") as directory:
        fresh = Path(directory) / "fresh"
        names = {path.as_posix() for path in render(span.old, answers, fresh, Path(directory) / "scratch")}
        names.discard(ANSWERS)  # it records the source of the render
        there = {name for name in names if (project.project / name).is_file()}
        edited = [name for name in there if _text(fresh / name) != _text(project.project / name)]
    return sorted(edited), sorted(names - there), sorted(_own_files(project.project) - names - {ANSWERS})


def _own_files(project: Path) -> set[str]:
    """Return the project's files except those that git ignores; an empty set without git."""
    try:
        listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=project)
    except BadInputError:  # a repository of another user: an empty set would be wrong
        raise
    except MkbackendError:
        return set()
    return {name for name in listed.split("\0") if (project / name).is_file()}


def _text(path: Path) -> bytes:
    """Return a file's content with LF line ends."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def _show(found: Status, screen: Screen) -> None:
    screen.plain(f"Project: {found.project_version}. Installed: {found.installed_version}.")
    if found.behind:
        screen.plain("\n".join(filter(None, ("", found.changelog, "", "The project is behind: mkbackend update"))))
    else:
        screen.plain("The project is up to date.")
    if found.slices:
        screen.plain(f"Slices behind today's templates: {', '.join(found.slices)}. mkbackend update refreshes them.")
    for title, names in (("Edited", found.edited), ("Deleted", found.deleted), ("Added", found.added)):
        if names:
            screen.plain(f"\n{title} since it was generated:" + "".join(f"\n  {on_one_line(name)}" for name in names))
    if found.outrun:
        lines = "".join(f"\n  {on_one_line(name)}" for name in found.outrun)
        screen.plain(f"\nTemplates of slices whose originals are newer than your copy:{lines}")
