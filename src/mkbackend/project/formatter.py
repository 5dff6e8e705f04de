"""Formatting of Python with a project's own ruff."""

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.system.programs import run

_STEPS = (("check", "--select=I", "--fix", "--exit-zero"), ("format",))
_COMMON = ("--quiet", "--no-cache", "--force-exclude")


def find_ruff(project: Path) -> Path:
    """Return the project's ruff, which its lint uses; before it is installed, ours."""
    beside = ("Scripts", "ruff.exe") if os.name == "nt" else ("bin", "ruff")
    for place in (project.joinpath(".venv", *beside), Path(sys.executable).with_name(beside[1])):
        if place.is_file():
            return place
    if found := shutil.which("ruff"):
        return Path(found)
    raise MkbackendError("ruff is not installed, so the code cannot be formatted.", hint="pip install ruff")


def tidy(program: Path, folder: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return changed files sorted and formatted, but only files that were sorted or formatted before.

    `folder` has the ruff settings and is overwritten. `before` and `after` have the same paths.
    """
    done = dict(after)
    for step in _STEPS:
        kept = _run(program, folder, step, before)
        done |= _run(program, folder, step, {path: done[path] for path in done if kept[path] == before[path]})
    return done


def _run(program: Path, folder: Path, step: tuple[str, ...], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return files after a ruff command; files that ruff rejects, or all with invalid settings, stay unchanged."""
    if not files:
        return {}
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    listed = folder / ".mkbackend-files"
    listed.write_text("".join(f"./{path}\n" for path in files), encoding="utf-8", newline="\n")
    with suppress(MkbackendError):
        run(program, *step, *_COMMON, f"@{listed.name}", cwd=folder)
    listed.unlink()
    return {path: (folder / path).read_bytes() for path in files}
