"""Findings of an update: what the owner needs to know or do."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mkbackend.project.answers import ANSWERS
from mkbackend.project.repository import Repository, git_in
from mkbackend.slices.refresh.refresh import Refreshed
from mkbackend.system.programs import typed
from mkbackend.update.followup import FollowUp
from mkbackend.update.plan import Plan

type Findings = Iterator[tuple[str, list[str]]]

_SHORT = 12


def findings(plan: Plan, own_lines: list[str], *, previews: bool) -> Findings:
    """Yield titles with their lines; a title without a colon stands alone, and a preview has no commits to name."""
    outcome, repo, beside = plan.outcome, plan.repo, plan.obstacles
    apart = "Kept, because a link, folder or other project is in its place, or a filter fails:"
    found = [
        ("Conflicts to resolve:", [f"{repo.shown(path)}: {why}" for path, why in outcome.conflicts.items()]),
        ("Skipped, because you deleted it:", [repo.shown(path) for path in outcome.deleted]),
        ("Kept, because git ignores it:", _kept(repo, beside.beside)),
        (apart, _kept(repo, beside.apart)),
        *_relocated(plan),
        *_slices(plan, previews=previews),
        (f"Your lines removed from {ANSWERS}:", own_lines),
        *_follow_up(plan.follow_up),
    ]
    yield from ((title, lines) for title, lines in found if lines or not title.endswith(":"))


def _kept(repo: Repository, places: Mapping[str, str]) -> list[str]:
    return [f"{repo.shown(path)}; the template's: {repo.shown(new)}" for path, new in places.items()]


def _relocated(plan: Plan) -> Findings:
    """Yield which of the owner's files follow renames of the template."""
    done = plan.relocated
    if done.moved or done.names:
        files, names = _count(len(done.moved), "file"), _count(sum(done.names.values()), "name")
        among = _count(len(done.names), "file")
        yield f"Your code was updated to the new names: {files} moved, {names} in {among} rewritten.", []
    yield "Not moved, because the new path is taken:", [f"{path} → {there}" for path, there in done.stayed.items()]
    yield "Not rewritten, because it is not valid Python:", done.unread
    yield "Not rewritten, check by hand:", done.notes
    yield "Old names left in text, change by hand:", plan.left


def _slices(plan: Plan, *, previews: bool) -> Findings:
    """Yield the refreshed slices, and those that stay as they are."""
    found, here = plan.slices, git_in(plan.repo)
    yield "Slices brought up to date:", [f"{each.slice.name}: {_how(each)}" for each in found.done]
    for commit, each in found.left.items():
        lines = [f"{path}: {why}" for path, why in each.conflicts.items()]
        lines += [f"{path}: edited, and the text before your edits is unknown" for path in each.without_base]
        commands = [] if previews else _commands(each, here, commit[:_SHORT])
        yield f"The slice {each.slice.name} stays as it is:", lines + commands
    yield "Slices skipped:", [f"{name}: {why}" for name, why in found.skipped.items()]


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


def _follow_up(work: FollowUp) -> Findings:
    """Yield the follow-up work."""
    yield "Merges your migrations with the template's:", [work.join[0]] if work.join else []
    yield "Migrations with a missing parent, set down_revision to your head:", work.orphans
    yield "New in .env.example, missing in your .env:", [", ".join(work.settings)] if work.settings else []
    yield "uv.lock is out of date:", ["make install updates it"] if work.lock_is_stale else []
