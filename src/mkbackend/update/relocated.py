"""The owner's commit after the template's moves."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mkbackend.project.repository import Repository
from mkbackend.update.moves.left import find_left
from mkbackend.update.moves.table import Moves
from mkbackend.update.trees import Ours

if TYPE_CHECKING:
    from mkbackend.update.moves.codemod import Rewritten

_MOST = 1_000_000


@dataclass(frozen=True)
class Relocated:
    """The owner's commit after the moves, and the changes to their own files; paths relative to the project.

    `added` are the new paths of all moved files, from the top. `stayed` are files that could not move, with their new
    paths; `names` counts the rewritten names per file; `unread` are files that are not valid Python.
    """

    ours: Ours = field(default_factory=Ours)
    added: list[str] = field(default_factory=list)
    moves: Moves = field(default_factory=Moves)
    moved: dict[str, str] = field(default_factory=dict)
    stayed: dict[str, str] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def find_left(self, trial: Repository, new: Path) -> list[str]:
        """Return the lines of the merged project that still have an old name, except those of the template."""
        found: list[str] = []
        paths = trial.names("ls-files", "-z", "--", trial.prefix or ".") if self.moves else []
        for path in dict.fromkeys(paths):
            content, theirs = _content(trial.top / path), _content(new / path)
            if content != theirs and len(content) <= _MOST and b"\0" not in content:
                left = find_left(_text(content), self.moves, _text(theirs))
                found += [f"{trial.shown(path)}:{number}: {name}" for number, name in left]
        return found

    def add(self, path: str, content: bytes, result: "Rewritten | None") -> None:
        """Record the changes to one of the owner's own files: the template's files are replaced by the new ones."""
        if result is None:
            self.unread.extend([path] if find_left(_text(content), self.moves) else [])
            return
        self.names.update({path: result.names} if result.names else {})
        self.notes.extend(f"{path}: {note}" for note in result.notes)


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() and not path.is_symlink() else b""


def _text(content: bytes) -> str:
    return content.decode(errors="replace")
