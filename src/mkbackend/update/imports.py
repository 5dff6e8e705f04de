"""Resolution of conflicts in imports: the result has the additions and removals of both sides."""

import ast
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.project import formatter
from mkbackend.project.repository import Repository
from mkbackend.system.git import git
from mkbackend.system.programs import run

_HUNK = re.compile(
    r"^<{7} ours\n(?P<ours>.*?)^\|{7} base\n(?P<base>.*?)^={7}\n(?P<theirs>.*?)^>{7} theirs\n", re.MULTILINE | re.DOTALL
)
_LABELS = ("-L", "ours", "-L", "base", "-L", "theirs")
# An import of one name: the module with its leading dots, the name (empty for `import module`), and its alias.
_Import = tuple[str, str, str]
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
    base, ours, theirs = (_imports(hunk[name]) for name in ("base", "ours", "theirs"))
    kept = (ours | theirs) - (base - ours) - (base - theirs)
    return "".join(f"{_statement(found)}\n" for found in sorted(kept))


def _imports(text: str) -> set[_Import]:
    """Return the imports of a text; raise _NotImportsError if it contains anything else."""
    if "#" in text:  # the place of a comment matters
        raise _NotImportsError
    found: set[_Import] = set()
    for node in ast.parse(text).body:
        match node:
            case ast.Import(names=names):
                found |= {(alias.name, "", alias.asname or "") for alias in names}
            case ast.ImportFrom(module=module, names=names, level=level):
                place = "." * level + (module or "")
                found |= {(place, alias.name, alias.asname or "") for alias in names}
            case _:
                raise _NotImportsError
    return found


def _statement(found: _Import) -> str:
    module, name, local = found
    words = f"from {module} import {name}" if name else f"import {module}"
    return f"{words} as {local}" if local else words


def _stage(trial: Repository, number: int, path: str) -> bytes:
    return run("git", "cat-file", "blob", f":{number}:{path}", cwd=trial.top)
