"""The owner's last commit, and a commit on top of it with files moved and changed."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mkbackend.project.repository import Repository
from mkbackend.system.programs import run
from mkbackend.update import filters
from mkbackend.update.trees import NOBODY

_FILE = "100"


@dataclass(frozen=True)
class Committed:
    """The mode and object of each path in the project, relative to its folder, and the content of some files."""

    repo: Repository
    entries: dict[str, tuple[str, str]]
    contents: dict[str, bytes]

    def is_file(self, path: str) -> bool:
        """Return whether a path is a file, not a link or submodule."""
        return self.entries[path][0].startswith(_FILE)

    def commit(self, moved: Mapping[str, str], changed: Mapping[str, bytes], objects: Path, directory: Path) -> str:
        """Return a commit on top of this one; its objects go to a folder, and the user's index is not changed."""
        where = {"GIT_INDEX_FILE": str(directory / "moved-index"), "GIT_OBJECT_DIRECTORY": str(objects)}
        blobs = dict(zip(changed, self._store(list(changed.values()), directory, where), strict=True))
        gone = [b"0 %s\t%s\0" % (b"0" * len(self.entries[path][1]), self._place(path)) for path in moved]
        there = [self._entry(path, moved.get(path, path), blobs) for path in {**moved, **changed}]
        self.repo.git("read-tree", "HEAD", env=where)
        self.repo.git("update-index", "-z", "--index-info", env=where, stdin=b"".join((*gone, *there)))
        tree = self.repo.git("write-tree", env=where)
        return self.repo.git("commit-tree", tree, "-p", "HEAD", "-m", "Moved", env=NOBODY | where)

    def _entry(self, path: str, there: str, blobs: Mapping[str, str]) -> bytes:
        mode, blob = self.entries[path]
        return b"%s %s\t%s\0" % (mode.encode(), blobs.get(path, blob).encode(), self._place(there))

    def _place(self, path: str) -> bytes:
        return os.fsencode(self.repo.prefix + path)

    def _store(self, contents: list[bytes], directory: Path, where: Mapping[str, str]) -> list[str]:
        """Store contents and return their objects."""
        folder = directory / "moved-contents"
        folder.mkdir()
        for number, content in enumerate(contents):
            (folder / str(number)).write_bytes(content)
        names = "".join(f"{folder / str(number)}\n" for number in range(len(contents)))
        command = ("hash-object", "-w", "--no-filters", "--stdin-paths")
        return self.repo.git(*command, env=where, stdin=os.fsencode(names)).splitlines()


def read(repo: Repository, apart: Iterable[str], endings: tuple[str, ...]) -> Committed:
    """Return the last commit without the projects and repositories inside the project.

    Contents are read for files with the given endings that no filter converts.
    """
    outside = tuple(f"{path}/" for path in apart)
    entries = {}
    for line in repo.names("ls-tree", "-r", "-z", "HEAD", "--", repo.prefix or "."):
        entry, _, path = line.partition("\t")
        if not path.startswith(outside):
            mode, _, blob = entry.split(" ")
            entries[path.removeprefix(repo.prefix)] = (mode, blob)
    files = [path for path, (mode, _) in entries.items() if mode.startswith(_FILE) and path.endswith(endings)]
    converted = set(filters.filtered(repo, [repo.prefix + path for path in files]))
    files = [path for path in files if repo.prefix + path not in converted]
    return Committed(
        repo, entries, dict(zip(files, read_blobs(repo, [entries[path][1] for path in files]), strict=True))
    )


def read_blobs(repo: Repository, names: list[str]) -> list[bytes]:
    """Return the contents of git objects."""
    printed = run("git", "cat-file", "--batch", cwd=repo.top, stdin="".join(f"{name}\n" for name in names).encode())
    found, start = [], 0
    for _ in names:
        end = printed.index(b"\n", start)
        size = int(printed[start:end].rpartition(b" ")[2])
        found.append(printed[end + 1 : end + 1 + size])
        start = end + size + 2
    return found
