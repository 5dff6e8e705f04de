"""The report of an update: changes, conflicts, follow-up work and the undo command."""

import re
from dataclasses import dataclass
from typing import Any

from mkbackend.errors import without_passwords
from mkbackend.project.versions import Span, short
from mkbackend.project.written import rewriting, written
from mkbackend.screen import Screen
from mkbackend.system.printable import on_one_line
from mkbackend.template import changelog
from mkbackend.update.document import document
from mkbackend.update.findings import findings
from mkbackend.update.plan import Plan

# In a diff, the recorded URL of the template
_SOURCE = re.compile(r"^.?_src_path: .*$", re.MULTILINE)
_BASES = ".mkbackend/*.base"
_SIGNS = {"A": "+", "D": "-", "R": "→"}


@dataclass(frozen=True)
class Report:
    """An update to report; `own_lines` are the owner's lines in the answers file."""

    plan: Plan
    span: Span
    own_lines: list[str]

    def preview(self, screen: Screen) -> int:
        """Show the diff of the update; return the exit code."""
        trial = self.plan.trial
        options = ("--no-ext-diff", "--no-textconv", "--find-renames")
        diff = trial.git("diff", *options, "HEAD", "--", trial.prefix or ".", f":(exclude){trial.prefix}{_BASES}")
        diff = _SOURCE.sub(lambda line: without_passwords(line[0]), diff)
        if screen.as_json:
            screen.end(self._document | {"diff": diff})
        else:
            screen.plain(diff)
            self._report_changes(screen, "preview, nothing was changed", previews=True)
        return int(self.has_conflicts)

    @property
    def has_conflicts(self) -> bool:
        """Return whether files of the template or slices need a decision of the owner."""
        return bool(self.plan.outcome.conflicts or self.plan.slices.left)

    @property
    def news(self) -> str:
        """Return the changelog between the two versions; empty for a foreign template."""
        return changelog.between(self.span.old.version, self.span.new.version) if self.span.is_own else ""

    @property
    def _document(self) -> dict[str, Any]:
        return document(self.plan, self.span, self.own_lines) | {"changelog": self.news}

    def show(self, screen: Screen) -> int:
        """Show the result of the update and the next steps; return the exit code."""
        if screen.as_json:
            done = {"staged": True, "next": self._next_steps, "undo": self.plan.undo}
            screen.end(self._document | done)
        else:
            self._report_changes(screen, "staged, not committed")
            screen.plain("\nNext:" + _lines(self._next_steps) + f"\nUndo:\n  {self.plan.undo}")
        return int(self.has_conflicts)

    @property
    def _next_steps(self) -> list[str]:
        project = self.plan.repo.project
        added = [
            *(["uv.lock"] if self.plan.follow_up.lock_is_stale else []),
            *(path.as_posix() for path in written(project)),
        ]
        return [
            "git diff HEAD",
            *(["git add --all, once the conflicts are resolved"] if self.plan.outcome.conflicts else []),
            " && ".join(["make install", *rewriting(project), "make test"]),
            *([f"git add {' '.join(added)}"] if added else []),
            f'git commit -m "Update to mkbackend {short(self.span.new.version)}"',
        ]

    def _report_changes(self, screen: Screen, how: str, *, previews: bool = False) -> None:
        outcome, repo = self.plan.outcome, self.plan.repo
        if self.news:
            screen.plain(f"\n{self.news}")
        changes = [
            f"{_SIGNS.get(sign, '~')} {' → '.join(map(repo.shown, path.split(chr(0))))}"
            for sign, path in outcome.changes
        ]
        versions = f"{short(self.span.old.version)} to {short(self.span.new.version)}"
        screen.plain(f"\n{versions}, {how}:" + _lines(changes or ["no changes"]))
        for title, lines in findings(self.plan, self.own_lines, previews=previews):
            screen.plain(f"\n{title}" + _lines(lines))


def _lines(lines: list[str]) -> str:
    return "".join(f"\n  {on_one_line(line)}" for line in lines)
