"""Guides of a generated project, typed through: each code block is applied to the file that the line above it names.

    `app/domain/roles.py`, after `USER = "user"`:           the block comes after this line, which is unique
    `app/domain/roles.py`, in place of `USER = "user"`:     instead of it
    `app/domain/roles.py`, from `USER = "user"` to the end: instead of it and all that follows
    `app/domain/roles.py`, in place of the conflict:        instead of git's marks and all between them
    `app/domain/roles.py`, at the end:
    `app/domain/roles.py`, a new file:
    `app/domain/roles.py`, without:                         the block goes; `without, and without the comment above:`
    `app/domain/roles.py`, without the class `Role`.        no block; a function likewise

A block of bash is a command to run. A block of `console`, `sql` or `text`, or without a language, is only to be read.
"""

import ast
import os
import re
import shlex
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from pages import FENCE

from .conftest import commit, run

_PLACE = re.compile(
    r"`(?P<path>[^`]+)`, (?:"
    r"(?P<new>a new file)|(?P<last>at the end)|after `(?P<after>[^`]+)`|in place of `(?P<instead>[^`]+)`"
    r"|from `(?P<since>[^`]+)` to the end|(?P<without>without(?P<comment>, and without the comment above)?)"
    r"|(?P<conflict>in place of the conflict)"
    r"):"
)
_REMOVED = re.compile(r"^`(?P<path>[^`]+)`, without the (?:class|function) `(?P<name>\w+)`\.$", re.MULTILINE)
# Typed into one project by test_owner.py. Those that leave something out or merge migrations have their own projects.
GUIDES = (
    "README.md",
    "docs/errors.md",
    "docs/setting.md",
    "docs/limit.md",
    "docs/entity.md",
    "docs/field.md",
    "docs/role.md",
    "docs/webhook.md",
    "docs/http-client.md",
    "docs/streaming.md",
    "docs/report.md",
    "docs/periodic-job.md",
    "docs/rename-job.md",
    "docs/required-field.md",
)
READ_ONLY = ("", "console", "sql", "text")


@dataclass(frozen=True)
class Command:
    """Lines to run in the project, one after the other."""

    text: str


@dataclass(frozen=True)
class Edit:
    """A change of one file; `place` has the groups of the line above the block."""

    path: str
    place: dict[str, str | None]
    block: str

    def apply(self, project: Path) -> None:
        """Change the file.

        Raises:
            AssertionError: the place does not exist, or exists twice.
        """
        if self.place["new"]:
            target = project / self.path
            assert not target.exists(), f"{self.path} exists"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self.block, encoding="utf-8")
            return
        found = sorted(project.glob(self.path))
        assert len(found) == 1, f"{self.path}: {len(found)} files"
        lines = found[0].read_text(encoding="utf-8").splitlines(keepends=True)
        found[0].write_text("".join(self._changed(lines)), encoding="utf-8")

    def _changed(self, lines: list[str]) -> list[str]:
        block = self.block.splitlines(keepends=True)
        if self.place["last"]:
            return lines + block
        if self.place["without"]:
            start = self._only([i for i in range(len(lines)) if lines[i : i + len(block)] == block], self.block)
            before, after = lines[:start], lines[start + len(block) :]
            while self.place["comment"] and before[-1].lstrip().startswith("#"):
                before.pop()
            return before + after
        if self.place["conflict"]:
            start, end = (
                self._only([i for i, known in enumerate(lines) if known.startswith(mark)], mark)
                for mark in ("<<<<<<< ", ">>>>>>> ")
            )
            return lines[:start] + block + lines[end + 1 :]
        line = self.place["after"] or self.place["instead"] or self.place["since"] or ""
        at = self._only([i for i, known in enumerate(lines) if known.strip() == line], line)
        if self.place["after"]:
            return [*lines[: at + 1], *block, *lines[at + 1 :]]
        return lines[:at] + block + (lines[at + 1 :] if self.place["instead"] else [])

    def _only(self, found: list[int], text: str) -> int:
        assert len(found) == 1, f"{self.path} has this {len(found)} times:\n{text}"
        return found[0]


@dataclass(frozen=True)
class Removal:
    """A class or function that goes, with its decorators."""

    path: str
    name: str

    def apply(self, project: Path) -> None:
        """Change the file.

        Raises:
            AssertionError: it does not exist, or exists twice.
        """
        text = (project / self.path).read_text(encoding="utf-8")
        kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds) and node.name == self.name]
        assert len(found) == 1, f"{self.path} has {len(found)} of {self.name}"
        first = min([found[0].lineno, *(decorator.lineno for decorator in found[0].decorator_list)])
        lines = text.splitlines(keepends=True)
        lines[first - 1 : found[0].end_lineno] = []
        (project / self.path).write_text("".join(lines), encoding="utf-8")


type Step = Command | Edit | Removal


def steps(guide: Path) -> Iterator[Step]:
    """Read the steps of a guide, in their order.

    Raises:
        AssertionError: no file is named above a block.
    """
    text = guide.read_text(encoding="utf-8")
    end = 0
    for fence in FENCE.finditer(text):
        between = text[end : fence.start()]
        for removed in _REMOVED.finditer(between):
            yield Removal(removed["path"], removed["name"])
        language, block = fence.groups()
        end = fence.end()
        if language == "bash":
            yield Command(block)
        elif language not in READ_ONLY:
            place = _PLACE.fullmatch(between.rstrip().rpartition("\n")[2])
            assert place, f"{guide.name} names no file above:\n{block}"
            known = place.groupdict()
            yield Edit(known.pop("path") or "", known, block)


def files_of(guide: Path) -> list[str]:
    """Return the new files of a guide."""
    return [step.path for step in steps(guide) if isinstance(step, Edit) and step.place["new"]]


def type_through(page: str, project: Path, left_out: Collection[str] = ()) -> None:
    """Apply all edits of a page of a project, and run its commands, but for some targets of make."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    beside = {"TMPDIR": str(project.parent), "PRE_COMMIT_HOME": str(project.parent / "pre-commit")}
    for step in steps(project / page):
        if not isinstance(step, Command):
            step.apply(project)
        elif text := "".join(kept(line, left_out) for line in step.text.splitlines()):
            commit(project)
            run("bash", "-euo", "pipefail", "-c", text, cwd=project, PATH=path, **beside)


def kept(line: str, left_out: Collection[str]) -> str:
    """Return a line of a command without these targets of make; empty if nothing is left to make."""
    if not line.startswith("make "):
        return f"{line}\n"
    words = [word for word in shlex.split(line, comments=True) if word not in left_out]
    return f"{shlex.join(words)}\n" if len(words) > 1 else ""
