"""Texts of a project's history: files as `add` wrote them, before base texts were kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from mkbackend.errors import MkbackendError
from mkbackend.project.repository import Repository
from mkbackend.slices.record import Record, hash_of
from mkbackend.update.committed import read_blobs
from mkbackend.update.moves import table

# Settings of the owner that change the output of git log.
_SETTINGS = ("-c", "log.follow=false", "-c", "log.showSignature=false")


@dataclass(frozen=True)
class Past:
    """The history of a project, and the template's list of moves."""

    repo: Repository
    moves: str

    def find(self, known: Record, paths: list[str]) -> Mapping[str, str]:
        """Return the texts with the recorded hashes, with the names of today: a record may be older than its names."""
        found = {path: text for path in paths if (text := self._committed(path, known.files[path])) is not None}
        return self._moved(found) if found else {}

    def _committed(self, path: str, hash_: str) -> bytes | None:
        """Return the committed content of a file, in any folder, that has a hash."""
        spec = f":(top,glob)**/{PurePosixPath(path).name}"
        command = ("log", "-m", "--format=", "--raw", "--no-abbrev", "--no-renames", "HEAD", "--", spec)
        try:
            lines = self.repo.git(*_SETTINGS, *command).splitlines()
            pairs = [line.split()[2:4] for line in lines if line.startswith(":")]
            blobs = dict.fromkeys(blob for pair in pairs for blob in pair if blob.strip("0"))
            texts = read_blobs(self.repo, [*blobs])
        except MkbackendError:  # a partial clone without its remote
            return None
        return next((text for text in texts if hash_of(text) == hash_), None)

    def _moved(self, found: Mapping[str, bytes]) -> dict[str, str]:
        """Return texts after all moves of the template; a name that no longer exists matches nothing."""
        from mkbackend.update.moves.files import Rewriter

        rewriter = Rewriter(table.read(self.moves, ""), {}) if self.moves else None
        results = {path: rewriter.rewrite(path, content) if rewriter else None for path, content in found.items()}
        return {path: result.text if (result := results[path]) else found[path].decode() for path in found}
