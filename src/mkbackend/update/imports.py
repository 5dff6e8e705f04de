"""Resolution of conflicts in imports: the result has the additions and removals of both sides."""

import ast
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.project import formatter
from mkbackend.project.imports import join
from mkbackend.project.repository import Repository
from mkbackend.system.git import git
from mkbackend.system.programs import run

_HUNK = re.compile(
    r"^<{7} ours\n(?P<ours>.*?)^\|{7} base\n(?P<base>.*?)^={7}\n(?P<theirs>.*?)^>{7} theirs\n", re.MULTILINE | re.DOTALL
)
_LABELS = ("-L", "ours", "-L", "base", "-L", "theirs")
_PYTHON = (".py", ".pyi")


class _NotImportsError(Exception):
    """A conflict that contains more than imports."""


def resolve(trial: Repository, paths: Iterable[str]) -> list[str]:
    """Resolve, write and stage the Python files whose conflicts are only imports, and return their paths."""
    resolved = {}
    for path in (path for path in paths if path.endswith(_PYTHON)):
        stages = [_stage(trial, number, path) for number in (1, 2, 3)]
        with tempfile.TemporaryDirectory(prefix="mkbackend-") as directory:
            text = merge(stages, Path(directory))
        if text is not None:
            resolved[path] = (stages[1], text.encode())
    if not resolved:
        return []
    ours = {path: old for path, (old, _) in resolved.items()}
    merged = {path: new for path, (_, new) in resolved.items()}
    for path, content in formatter.tidy(formatter.find_ruff(trial.project), trial.top, ours, merged).items():
        (trial.top / path).write_bytes(content)
    trial.git("--literal-pathspecs", "add", "--force", "--", *resolved, apart=True)
    return [*resolved]


def merge(stages: list[bytes], directory: Path) -> str | None:
    """Merge three texts (old, the owner's, new); return None if they conflict in more than imports."""
    names = ("base", "ours", "theirs")
    for name, content in zip(names, stages, strict=True):
        (directory / name).write_bytes(content)
    with suppress(MkbackendError):  # its exit code is the number of conflicts
        git("merge-file", "--diff3", *_LABELS, *(directory / name for name in ("ours", "base", "theirs")))
    try:
        merged, found = _HUNK.subn(_merged, (directory / "ours").read_text(encoding="utf-8"))
        ast.parse(merged)
    except (_NotImportsError, SyntaxError, ValueError):
        return None
    return merged if found else None


def _merged(hunk: re.Match[str]) -> str:
    kept = join(hunk["base"], hunk["ours"], hunk["theirs"])
    if kept is None:
        raise _NotImportsError
    return kept


def _stage(trial: Repository, number: int, path: str) -> bytes:
    return run("git", "cat-file", "blob", f":{number}:{path}", cwd=trial.top)
