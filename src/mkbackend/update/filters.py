"""The owner's clean and smudge filters (git-crypt, transcrypt, LFS), run in the project, which has their keys."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.project.repository import Repository
from mkbackend.system.programs import run

_FILE = "100"
_NO_FILTER = {b"unspecified", b"unset", b"set"}


@dataclass(frozen=True)
class Filtered:
    """The files of two renders that a filter converts; `objects` is the folder of their git objects.

    `broken` are the files that a filter fails to store.
    """

    objects: Path
    old: dict[str, str]
    new: dict[str, str]
    broken: set[str]


def convert(repo: Repository, old: Path, new: Path, apart: Iterable[str], objects: Path) -> Filtered:
    """Store the files of both renders through the project's filters."""
    theirs = repo.git("rev-parse", "--path-format=absolute", "--git-path", "objects")
    (objects / "info").mkdir(parents=True)
    (objects / "info" / "alternates").write_text(f"{theirs}\n", encoding="utf-8", newline="\n")
    found = Filtered(objects, {}, {}, set())
    outside = tuple(f"{path}/" for path in apart)
    names = {name for render in (old, new) for name in _files(render) if not name.startswith(outside)}
    for name in filtered(repo, sorted(names)):
        try:
            before, after = (_store(repo, objects, name, render / name) for render in (old, new))
        except MkbackendError:
            found.broken.add(name)
        else:
            found.old.update(before)
            found.new.update(after)
    return found


def filtered(repo: Repository, names: list[str]) -> list[str]:
    """Return those of the paths that a filter of the project converts."""
    stdin = b"".join(os.fsencode(name) + b"\0" for name in names)
    parts = run("git", "check-attr", "-z", "--stdin", "filter", cwd=repo.top, stdin=stdin).split(b"\0")
    return [os.fsdecode(path) for path, _, value in batched(parts[:-1], 3) if value not in _NO_FILTER]


def find_refused(repo: Repository, trial: Repository, written: list[str]) -> set[str]:
    """Return the merged files, with conflict markers, that a filter fails to check out."""
    refused = set()
    files = [name for name in written if (trial.top / name).is_file() and not (trial.top / name).is_symlink()]
    for name in filtered(repo, files):
        blob = trial.git("hash-object", "-w", "--no-filters", "--", name)
        try:
            _restore(repo, trial, name, blob)
        except MkbackendError:
            refused.add(name)
    return refused


def bring(repo: Repository, trial: Repository, names: Iterable[str]) -> None:
    """Write files into the trial as the project would check them out; its index keeps the changes."""
    staged = {}
    for line in trial.names("ls-files", "--stage", "-z"):
        entry, _, name = line.partition("\t")
        mode, blob, stage = entry.split()
        if mode.startswith(_FILE) and stage == "0":
            staged[name] = blob
    wanted = [name for name in names if name in staged]
    if not wanted:
        return
    for name in wanted:
        with suppress(MkbackendError):  # then the file stays unfiltered
            (trial.top / name).write_bytes(_restore(repo, trial, name, staged[name]))
    stdin = b"".join(os.fsencode(name) + b"\0" for name in wanted)
    trial.git("update-index", "-z", "--assume-unchanged", "--stdin", stdin=stdin)


def _restore(repo: Repository, trial: Repository, name: str, blob: str) -> bytes:
    """Return an object as the project would check it out; raise MkbackendError if the filter fails."""
    objects = trial.top / ".git" / "objects"
    return run("git", "cat-file", "--filters", f"--path={name}", blob, cwd=repo.top, env=_using(objects))


def _store(repo: Repository, objects: Path, name: str, file: Path) -> dict[str, str]:
    """Store a file and return its object by name; return an empty dict if the render has no such file."""
    if not file.is_file() or file.is_symlink():
        return {}
    command = ("-c", "core.safecrlf=false", "hash-object", "-w", "--stdin", f"--path={name}")
    return {name: repo.git(*command, stdin=file.read_bytes(), env=_using(objects))}


def _using(objects: Path) -> dict[str, str]:
    """Return the environment in which git writes new objects to our folder."""
    return {"GIT_OBJECT_DIRECTORY": str(objects)}


def _files(render: Path) -> list[str]:
    return [path.relative_to(render).as_posix() for path in render.rglob("*") if path.is_file()]
