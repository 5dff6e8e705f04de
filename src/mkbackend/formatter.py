"""Python as a project's own ruff writes it."""

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mkbackend.errors import MkbackendError
from mkbackend.system import run

_STEPS = (("check", "--select=I", "--fix", "--exit-zero"), ("format",))
_COMMON = ("--quiet", "--no-cache", "--force-exclude")


def find_ruff(project: Path) -> Path:
    """Return the project's own ruff, by which its lint judges; ours, where it is not installed yet."""
    beside = ("Scripts", "ruff.exe") if os.name == "nt" else ("bin", "ruff")
    for place in (project.joinpath(".venv", *beside), Path(sys.executable).with_name(beside[1])):
        if place.is_file():
            return place
    if found := shutil.which("ruff"):
        return Path(found)
    raise MkbackendError("ruff is missing, which formats what is written.", hint="pip install ruff")


def tidy(program: Path, folder: Path, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return changed files with their imports sorted and formatted, each as far as it was so before.

    `folder` is a tree with the settings of ruff; it may be written to. The same paths are in both.
    """
    done = dict(after)
    for step in _STEPS:
        kept = _run(program, folder, step, before)
        done |= _run(program, folder, step, {path: done[path] for path in done if kept[path] == before[path]})
    return done


def _run(program: Path, folder: Path, step: tuple[str, ...], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what a command of ruff makes of files; a file, or settings, that it does not take stay as they are."""
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
