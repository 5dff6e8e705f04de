"""The report of an update: changes, conflicts, follow-up work and the undo command."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import without_passwords
from mkbackend.project.answers import ANSWERS
from mkbackend.project.repository import git_in
from mkbackend.project.versions import Span, short
from mkbackend.screen import Screen
from mkbackend.slices.refresh.refresh import Refreshed
from mkbackend.system.printable import on_one_line
from mkbackend.system.programs import typed
from mkbackend.template import changelog
from mkbackend.update.followup import FollowUp
from mkbackend.update.plan import Plan

# In a diff, the recorded URL of the template
_SOURCE = re.compile(r"^.?_src_path: .*$", re.MULTILINE)
_BASES = ".mkbackend/*.base"
_SHORT = 12
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
        screen.plain(_SOURCE.sub(lambda line: without_passwords(line[0]), diff))
        self._report_changes(screen, "preview, nothing was changed", previews=True)
        return self._exit_code

    @property
    def _exit_code(self) -> int:
        return int(bool(self.plan.outcome.conflicts or self.plan.slices.left))

    def show(self, screen: Screen) -> int:
        """Show the result of the update and the next steps; return the exit code."""
        self._report_changes(screen, "staged, not committed")
        conflicts = self.plan.outcome.conflicts
        version = short(self.span.new.version)
        steps = [
            "git diff HEAD",
            *(["git add --all, once the conflicts are resolved"] if conflicts else []),
            "make install && make test",
            *(["git add uv.lock"] if self.plan.follow_up.lock_is_stale else []),
            f'git commit -m "Update to mkbackend {version}"',
        ]
        screen.plain("\nNext:" + _lines(steps) + f"\nUndo:\n  {self.plan.undo}")
        return self._exit_code

    def _report_changes(self, screen: Screen, how: str, *, previews: bool = False) -> None:
        outcome, repo = self.plan.outcome, self.plan.repo
        if news := changelog.between(self.span.old.version, self.span.new.version) if self.span.is_own else "":
            screen.plain(f"\n{news}")
        changes = [
            f"{_SIGNS.get(sign, '~')} {' → '.join(map(repo.shown, path.split(chr(0))))}"
            for sign, path in outcome.changes
        ]
        versions = f"{short(self.span.old.version)} to {short(self.span.new.version)}"
        screen.plain(f"\n{versions}, {how}:" + _lines(changes or ["no changes"]))
        _list(
            screen,
            "Conflicts to resolve:",
            [f"{repo.shown(path)}: {why}" for path, why in outcome.conflicts.items()],
        )
        _list(screen, "Skipped, because you deleted it:", [repo.shown(path) for path in outcome.deleted])
        kept = [
            f"{repo.shown(path)}; the template's: {repo.shown(new)}" for path, new in self.plan.obstacles.beside.items()
        ]
        _list(screen, "Kept, because git ignores it:", kept)
        apart = [
            f"{repo.shown(path)}; the template's: {repo.shown(new)}" for path, new in self.plan.obstacles.apart.items()
        ]
        _list(screen, "Kept, because a link, folder or other project is in its place, or a filter fails:", apart)
        _relocated(screen, self.plan)
        _slices(screen, self.plan, previews=previews)
        _list(screen, f"Your lines removed from {ANSWERS}:", self.own_lines)
        _follow_up(screen, self.plan.follow_up)


def _relocated(screen: Screen, plan: Plan) -> None:
    """Report which of the owner's files follow renames of the template."""
    done = plan.relocated
    if done.moved or done.names:
        files, names = _count(len(done.moved), "file"), _count(sum(done.names.values()), "name")
        among = _count(len(done.names), "file")
        screen.plain(f"\nYour code was updated to the new names: {files} moved, {names} in {among} rewritten.")
    stayed = [f"{path} → {there}" for path, there in done.stayed.items()]
    _list(screen, "Not moved, because the new path is taken:", stayed)
    _list(screen, "Not rewritten, because it is not valid Python:", done.unread)
    _list(screen, "Not rewritten, check by hand:", done.notes)
    _list(screen, "Old names left in text, change by hand:", plan.left)


def _slices(screen: Screen, plan: Plan, *, previews: bool) -> None:
    """Report the refreshed slices, and those that stay as they are; a preview has stored no commits to name."""
    found, here = plan.slices, git_in(plan.repo)
    _list(screen, "Slices brought up to date:", [f"{each.slice.name}: {_how(each)}" for each in found.done])
    for commit, each in found.left.items():
        lines = [f"{path}: {why}" for path, why in each.conflicts.items()]
        lines += [f"{path}: edited, and the text before your edits is unknown" for path in each.without_base]
        commands = [] if previews else _commands(each, here, commit[:_SHORT])
        _list(screen, f"The slice {each.slice.name} stays as it is:", lines + commands)
    _list(screen, "Slices skipped:", [f"{name}: {why}" for name, why in found.skipped.items()])


def _how(each: Refreshed) -> str:
    merged = f", {len(each.merged)} merged with your edits" if each.merged else ""
    return f"{_count(len(each.files), 'file')}{merged}" if each.files else "only its record"


def _commands(each: Refreshed, here: Iterable[str | Path], commit: str) -> list[str]:
    """Return the commands that show and merge what the templates change in a slice."""
    unknown = [f"against your files: {typed(*here, 'diff', 'HEAD', commit, '--', *each.without_base)}"]
    return [
        f"the changes: {typed(*here, 'show', commit, '--', 'app', 'tests')}",
        *(unknown if each.without_base else []),
        f"merge them: {typed(*here, 'cherry-pick', '--no-commit', commit)}",
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _follow_up(screen: Screen, work: FollowUp) -> None:
    if work.join:
        _list(screen, "Merges your migrations with the template's:", [work.join[0]])
    _list(screen, "Migrations with a missing parent, set down_revision to your head:", work.orphans)
    _list(screen, "New in .env.example, missing in your .env:", [", ".join(work.settings)] if work.settings else [])
    if work.lock_is_stale:
        _list(screen, "uv.lock is out of date:", ["make install updates it"])


def _list(screen: Screen, title: str, lines: list[str]) -> None:
    if lines:
        screen.plain(f"\n{title}" + _lines(lines))


def _lines(lines: list[str]) -> str:
    return "".join(f"\n  {on_one_line(line)}" for line in lines)
