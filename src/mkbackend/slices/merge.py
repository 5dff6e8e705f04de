"""Merge of an owner's edits with a new text of the templates."""

import ast
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePath

from mkbackend.errors import MkbackendError
from mkbackend.project.formatter import find_ruff
from mkbackend.project.imports import join
from mkbackend.slices.rendering.render import write
from mkbackend.system.programs import output_of

# A conflict with git's markers for both sides and the base.
_CONFLICT = re.compile(
    r"^<{7}[^\n]*\n(?P<mine>.*?)^\|{7}[^\n]*\n(?P<base>.*?)^={7}\n(?P<theirs>.*?)^>{7}[^\n]*\n",
    re.MULTILINE | re.DOTALL,
)
# Findings of ruff: an undefined name, and a second definition of one.
_BROKEN = "F821,F811"
_FINDING = re.compile(r"^(.+?):\d+:\d+: F8\d+ (?:\[\*\] )?(.+?)(?: from line \d+.*)?$", re.MULTILINE)


def merge(mine: str, base: str, theirs: str) -> str | None:
    """Merge both changes, keeping both sides where both change imports or only add lines; None if they conflict."""
    with tempfile.TemporaryDirectory(prefix="mkbackend-") as directory:
        names = ("mine", "base", "theirs")
        for name, text in zip(names, (mine, base, theirs), strict=True):
            Path(directory, name).write_text(text, encoding="utf-8", newline="\n")
        code, merged = output_of("git", "merge-file", "-p", "-q", "--diff3", *names, cwd=Path(directory))
    if code < 0 or code > 127:
        raise MkbackendError(f"git merge-file failed: {merged}")
    resolved = _CONFLICT.sub(_resolved, merged)
    try:
        ast.parse(resolved)
    except SyntaxError:
        return None
    return resolved


def find_broken(
    merged: Mapping[str, str], mine: Mapping[str, str], project: Path, program: Path | None = None
) -> dict[str, str]:
    """Return the first new undefined or duplicate name of each merged file: one side uses what the other removed."""
    found = _findings(merged, project, program)
    known = _findings({path: mine[path] for path in found}, project, program)
    new = {path: [each for each in found[path] if each not in known.get(path, [])] for path in found}
    return {path: problems[0] for path, problems in new.items() if problems}


def _findings(files: Mapping[str, str], project: Path, program: Path | None) -> dict[str, list[str]]:
    """Return what ruff reports of each file, without the line."""
    if not files:
        return {}
    command = (program or find_ruff(project), "check", f"--select={_BROKEN}", "--output-format=concise")
    with tempfile.TemporaryDirectory(prefix="mkbackend-") as directory:
        write(files, Path(directory))
        options = ("--quiet", "--no-cache", "--config", project / "pyproject.toml")
        _, printed = output_of(*command, *options, ".", cwd=Path(directory))
    found: dict[str, list[str]] = {}
    for path, words in _FINDING.findall(printed):
        found.setdefault(PurePath(path).as_posix(), []).append(words)
    return found


def _resolved(found: re.Match[str]) -> str:
    """Return both sides of a conflict, or the conflict if a side changes or removes other lines than imports."""
    if imports := join(found["base"], found["mine"], found["theirs"]):
        return imports
    return found[0] if found["base"].strip() else found["mine"] + found["theirs"]
