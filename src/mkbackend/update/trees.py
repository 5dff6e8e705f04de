"""Two renders of the template as two commits: their diff is exactly what the template changes."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mkbackend.project.answers import ANSWERS
from mkbackend.project.repository import Repository
from mkbackend.system.git import git
from mkbackend.system.programs import run
from mkbackend.update.filters import Filtered

NOBODY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "mkbackend"), ("EMAIL", "mkbackend@localhost"), ("DATE", "1700000000 +0000"))
}
_SETTINGS = ("-c", "core.safecrlf=false", "-c", f"core.excludesFile={os.devnull}")
_MODULE = "160000"


@dataclass(frozen=True)
class Renders:
    """The old and new project, each in a folder laid out like the user's repository."""

    old: Path
    new: Path


@dataclass(frozen=True)
class Ours:
    """The owner's side of the merge: their last commit, or a commit on top of it with the template's moves.

    `before` maps moved files to their previous paths.
    """

    commit: str = "HEAD"
    before: Mapping[str, str] = field(default_factory=dict)


def change(
    trial: Repository,
    ours: Ours,
    renders: Renders,
    label: str,
    filtered: Filtered,
    apart: Iterable[str],
    kept: Iterable[str] = (),
) -> str:
    """Return a commit that turns the old render into the new one, except the paths `kept` and those below `apart`.

    The answers file counts as unedited, so that the new one always wins.
    """
    known = _converted(renders.old, filtered.old) + _entries(trial, ours.commit, [trial.prefix + ANSWERS])
    beside = [*apart, *filtered.broken]
    old = _commit(trial, _tree(trial, ours, renders.old, beside, known), label)
    while copies := _copies(trial, ours, old, renders.new):
        beside += copies
        old = _commit(trial, _tree(trial, ours, renders.old, beside, known), label)
    names = list(kept)
    absent = b"".join(b"0 %s\t%s\0" % (b"0" * len(old), os.fsencode(name)) for name in names)
    converted = _converted(renders.new, filtered.new)
    new = _tree(trial, ours, renders.new, beside, converted + absent + _entries(trial, old, names))
    return _commit(trial, new, label, "-p", old)


def find_apart(repo: Repository, renders: Renders) -> set[str]:
    """Return the folders in the project that are separate projects or repositories."""
    listed = repo.names("ls-tree", "-r", "-z", "HEAD", "--", repo.prefix or ".")
    tracked = {path: entry for entry, _, path in (line.partition("\t") for line in listed)}
    folders = {path.removesuffix(f"/{ANSWERS}") for path in tracked if path.endswith(f"/{ANSWERS}")}
    projects = {path for path in folders if not (renders.old / path / ANSWERS).exists()}
    modules = {path for path, entry in tracked.items() if entry.startswith(_MODULE)}
    return projects | modules | {path for path in _folders(renders) if (repo.top / path / ".git").exists()}


def _folders(renders: Renders) -> set[str]:
    """Return the folders of both renders, relative to the top."""
    return {
        path.relative_to(render).as_posix()
        for render in (renders.old, renders.new)
        for path in render.rglob("*")
        if path.is_dir()
    }


def _tree(trial: Repository, ours: Ours, render: Path, apart: list[str], entries: bytes) -> str:
    """Return the tree of the user's commit with the project replaced by a render, except what is apart."""
    inside = trial.top / ".git"
    where = {"GIT_DIR": str(inside), "GIT_WORK_TREE": str(render), "GIT_INDEX_FILE": str(inside / "render-index")}
    places = [f":(top,literal){trial.prefix}", *(f":(top,literal,exclude){path}" for path in apart)]
    stdin = b"".join(os.fsencode(place) + b"\0" for place in places)
    git("read-tree", ours.commit, cwd=render, env=where)
    add = ("add", "--all", "--force", "--pathspec-from-file=-", "--pathspec-file-nul")
    git(*_SETTINGS, *add, cwd=render, env=where, stdin=stdin)
    git("update-index", "-z", "--index-info", cwd=render, env=where, stdin=entries)
    return git("write-tree", cwd=render, env=where)


def _copies(trial: Repository, ours: Ours, old: str, new: Path) -> list[str]:
    """Return the owner's files that git would take for renames, although both files existed at once."""
    parts = iter(
        trial.names(
            "diff-tree", "-r", "-z", "--name-status", "--find-renames", "-l7000", "--diff-filter=R", old, ours.commit
        )
    )
    pairs = [(next(parts), next(parts)) for _ in parts]
    before = ours.before
    return [
        there
        for gone, there in pairs
        if not (new / there).exists() and _were_both(trial, before.get(gone, gone), before.get(there, there))
    ]


def _were_both(trial: Repository, gone: str, there: str) -> bool:
    """Return whether the second file existed when the first was removed."""
    removal = trial.names("rev-list", "--max-count=1", "HEAD", "--", f":(top,literal){gone}")
    parents = trial.git("rev-parse", f"{removal[0].strip()}^@").split() if removal else []
    return any(_entries(trial, parent, [gone]) and _entries(trial, parent, [there]) for parent in parents)


def _converted(render: Path, objects: dict[str, str]) -> bytes:
    """Return the index entries of files that a filter of the owner converts."""
    modes = {name: 0o100755 if (render / name).stat().st_mode & 0o100 else 0o100644 for name in objects}
    return b"".join(b"%o %s\t%s\0" % (modes[name], blob.encode(), os.fsencode(name)) for name, blob in objects.items())


def _entries(trial: Repository, commit: str, names: list[str]) -> bytes:
    """Return a commit's entries for some paths, as input for `git update-index`."""
    if not names:
        return b""
    return run("git", "--literal-pathspecs", "ls-tree", "-z", commit, "--", *names, cwd=trial.top)


def _commit(trial: Repository, tree: str, label: str, *parent: str) -> str:
    return trial.git("commit-tree", tree, *parent, "-m", label, env=NOBODY)
