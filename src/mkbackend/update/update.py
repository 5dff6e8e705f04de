"""`mkbackend update`: a git merge of two template versions into the project, staged but not committed."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from mkbackend.errors import BadInputError
from mkbackend.project import repository
from mkbackend.project.answers import ANSWERS, Recorded, read_project, stored_answers
from mkbackend.project.versions import Span, find_span, short
from mkbackend.screen import Screen
from mkbackend.slices.record import FOLDER
from mkbackend.system.git import require_git
from mkbackend.system.interrupts import transaction, uninterrupted
from mkbackend.system.programs import typed
from mkbackend.template.prompts import ask
from mkbackend.template.questions import Answers, Questions
from mkbackend.template.render import render
from mkbackend.update import plan, rehearsal
from mkbackend.update.document import unchanged
from mkbackend.update.moves import table
from mkbackend.update.report import Report
from mkbackend.update.trees import Renders


@dataclass(frozen=True)
class Request:
    """The arguments of the command."""

    path: str = "."
    to: str | None = None
    given: Mapping[str, object] = field(default_factory=dict)
    url: str | None = None
    ask: bool = False
    dry_run: bool = False
    verify: bool = False


def update(request: Request, screen: Screen) -> int:
    """Update a project to a newer template; return the exit code, 1 if there are conflicts."""
    with transaction() as change, planned(request, screen) as report:
        if not isinstance(report, Report):
            if screen.as_json:
                screen.end(unchanged(report))
            else:
                screen.say(nothing_to_do(report))
            return 0
        if request.dry_run:
            return report.preview(screen)
        if request.verify and not _verified(report.plan, request.ask, screen):
            return report.preview(screen)
        with uninterrupted():
            done = report.plan.apply()
            change.left = f"the update is complete and staged. Undo: {done.undo}"
        return replace(report, plan=done).show(screen)


def nothing_to_do(version: str) -> str:
    """Return the message about a project that is up to date."""
    return f"Nothing to do: the project is at {version}."


@contextmanager
def planned(request: Request, screen: Screen) -> Iterator[Report | str]:
    """Yield an update that is tried in a temporary repository, or the version of a project that is up to date."""
    require_git()
    project = read_project(Path(request.path))
    repo = repository.find(project.project)
    repository.require_ready(repo)
    with ExitStack() as stack:
        with screen.waiting("Read the versions of the template"):
            span = stack.enter_context(find_span(project, request.to, request.url, remember=not request.dry_run))
        if span.old.version == span.new.version and not request.given and not _has_old_slices(project.project, span):
            yield short(span.new.version)
            return
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mkbackend-")))
        renders = _render(project, span, request, directory, repo.prefix, screen)
        with screen.step("Try the merge"):
            moves = table.read(span.new.moves, span.old.version)
            listed = span.new.moves if span.is_newest else None
            tried = plan.make(repo, renders, moves, short(span.new.version), directory, listed)
        yield Report(tried, span, _own_lines(project.project, renders, repo.prefix))


def _has_old_slices(project: Path, span: Span) -> bool:
    """Return whether a project has slices that today's templates would change."""
    if not (span.is_newest and (project / FOLDER).is_dir()):
        return False
    from mkbackend.slices.refresh.today import find_behind

    return bool(find_behind(project))


def _render(project: Recorded, span: Span, request: Request, directory: Path, prefix: str, screen: Screen) -> Renders:
    """Render the project's version with its answers, and the new version with the new answers too."""
    stored = stored_answers(project, span.old.questions)
    answers = _answers(stored, Questions(span.new.questions), request, screen)
    renders = Renders(directory / "old", directory / "new")
    with screen.step(f"Render {short(span.old.version)} and {short(span.new.version)}"):
        render(span.old, stored, renders.old / prefix, directory / "scratch-old")
        render(span.new, answers, renders.new / prefix, directory / "scratch-new")
    if span.new.url != span.url:  # a dry run reads a temporary bundle
        path = renders.new / prefix / ANSWERS
        text = path.read_text(encoding="utf-8").replace(span.new.url, span.url)
        path.write_text(text, encoding="utf-8", newline="\n")
    return renders


def _answers(stored: Answers, questions: Questions, request: Request, screen: Screen) -> Answers:
    """Complete the answers, asking only the new questions."""
    given = {name: answer for name, answer in stored.items() if name in questions.asked} | dict(request.given)
    for name in [name for name in questions.asked if name not in given]:
        question = questions.asked[name]
        if request.ask:
            given[name] = ask(screen, question, questions, questions.complete(given, partly=True))
        elif question.required:
            raise BadInputError(
                f"There is a new question, {name}: {question.help}.", hint=typed("--data", f"{name}=VALUE")
            )
    return questions.complete(given)


def _verified(tried: plan.Plan, ask: bool, screen: Screen) -> bool:
    """Return whether the update passes the project's checks and tests, and the user accepts it."""
    if tried.outcome.conflicts:
        screen.say("There are conflicts, so the update cannot be verified. Nothing was changed.")
        return False
    rehearsal.rehearse(tried.repo, tried.trial, screen)
    return not ask or screen.confirms("All checks pass. Apply the update?")


def _own_lines(project: Path, renders: Renders, prefix: str) -> list[str]:
    """Return the owner's own lines in the answers file, which is always overwritten."""
    ours = [folder / prefix / ANSWERS for folder in (renders.old, renders.new)]
    known = {line for path in ours for line in path.read_text(encoding="utf-8").splitlines()}
    mine = (project / ANSWERS).read_text(encoding="utf-8").splitlines()
    return [line for line in mine if line.strip() and line not in known and not line.startswith("_")]
