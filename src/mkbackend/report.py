"""What an update tells: what changed, what clashes, what is left to do, and the way back."""

from dataclasses import dataclass

from mkbackend import changelog
from mkbackend.followup import FollowUp
from mkbackend.plan import Plan
from mkbackend.printable import on_one_line
from mkbackend.recorded import ANSWERS, Span, short
from mkbackend.screen import Screen

_SIGNS = {"A": "+", "D": "-", "R": "→"}


@dataclass(frozen=True)
class Report:
    """An update and its circumstances; `own_lines` are those of the owner in the answers file."""

    plan: Plan
    span: Span
    own_lines: list[str]

    def preview(self, screen: Screen) -> int:
        """Show the difference that the update would make; returns the exit code."""
        trial = self.plan.trial
        screen.plain(
            trial.git("diff", "--no-ext-diff", "--no-textconv", "--find-renames", "HEAD", "--", trial.prefix or ".")
        )
        self._tell(screen, "would change; nothing was touched")
        return int(bool(self.plan.outcome.conflicts))

    def show(self, screen: Screen) -> int:
        """Show what the update did and how to go on; returns the exit code."""
        self._tell(screen, "staged, not committed")
        conflicts = self.plan.outcome.conflicts
        version = short(self.span.new.version)
        steps = [
            "git diff HEAD",
            *(["git add --all, when no conflict is left"] if conflicts else []),
            "make install && make test",
            *(["git add uv.lock"] if self.plan.follow_up.lock_is_stale else []),
            f'git commit -m "Update to mkbackend {version}"',
        ]
        screen.plain("\nNext:" + _lines(steps) + f"\nUndo:\n  {self.plan.undo}")
        return int(bool(conflicts))

    def _tell(self, screen: Screen, how: str) -> None:
        outcome, repo = self.plan.outcome, self.plan.repo
        if news := changelog.between(self.span.old.version, self.span.new.version) if self.span.is_own else "":
            screen.plain(f"\n{news}")
        changes = [
            f"{_SIGNS.get(sign, '~')} {' → '.join(map(repo.shown, path.split(chr(0))))}"
            for sign, path in outcome.changes
        ]
        versions = f"{short(self.span.old.version)} to {short(self.span.new.version)}"
        screen.plain(f"\n{versions}, {how}:" + _lines(changes or ["nothing differs"]))
        _list(
            screen,
            "Conflicts, for you to settle:",
            [f"{repo.shown(path)}: {why}" for path, why in outcome.conflicts.items()],
        )
        _list(screen, "Left out, because you have deleted it:", [repo.shown(path) for path in outcome.deleted])
        kept = [
            f"{repo.shown(path)}; the template's: {repo.shown(new)}" for path, new in self.plan.obstacles.beside.items()
        ]
        _list(screen, "Kept as it is, because git ignores it here:", kept)
        apart = [
            f"{repo.shown(path)}; the template's: {repo.shown(new)}" for path, new in self.plan.obstacles.apart.items()
        ]
        _list(screen, "Left as it is, because a link, a folder or another project is there, or a filter fails:", apart)
        _relocated(screen, self.plan)
        _list(screen, f"Written anew without your lines, {ANSWERS}:", self.own_lines)
        _follow_up(screen, self.plan.follow_up)


def _relocated(screen: Screen, plan: Plan) -> None:
    """Say what became of the owner's own files where the template's modules and names have others now."""
    done = plan.relocated
    if done.moved or done.names:
        files, names = _count(len(done.moved), "file"), _count(sum(done.names.values()), "name")
        among = _count(len(done.names), "file")
        screen.plain(f"\nYour own code follows the new names: {files} moved, {names} in {among} rewritten.")
    stayed = [f"{path} → {there}" for path, there in done.stayed.items()]
    _list(screen, "Not moved, because something else is in its new place:", stayed)
    _list(screen, "Not rewritten, because it cannot be read as Python:", done.unread)
    _list(screen, "Not rewritten, for you to look at:", done.notes)
    _list(screen, "Old names in your text, for you to change:", plan.left)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _follow_up(screen: Screen, work: FollowUp) -> None:
    if work.join:
        _list(screen, "Joins your migrations with the template's:", [work.join[0]])
    _list(screen, "Migrations without the one before; set their down_revision to your head:", work.orphans)
    _list(screen, "New in .env.example, and not in your .env:", [", ".join(work.settings)] if work.settings else [])
    if work.lock_is_stale:
        _list(screen, "uv.lock no longer fits pyproject.toml:", ["make install writes it anew"])


def _list(screen: Screen, title: str, lines: list[str]) -> None:
    if lines:
        screen.plain(f"\n{title}" + _lines(lines))


def _lines(lines: list[str]) -> str:
    return "".join(f"\n  {on_one_line(line)}" for line in lines)
