"""`mkbackend new`: collects the answers, then creates the project."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mkbackend import __version__
from mkbackend.errors import BadInputError, MkbackendError, without_passwords
from mkbackend.new import finish, leftovers, room, stage
from mkbackend.new.project import Project
from mkbackend.screen import Screen
from mkbackend.system.git import require_git
from mkbackend.system.interrupts import Transaction, transaction, uninterrupted
from mkbackend.system.programs import typed
from mkbackend.template.prompts import ask, review
from mkbackend.template.questions import Answers, Questions
from mkbackend.template.render import render
from mkbackend.template.source import Source, find_source

# The answers that mkbackend itself needs.
_NAMES = ("project_name", "project_slug")


@dataclass(frozen=True)
class Request:
    """The arguments of the command."""

    path: str | None
    given: Mapping[str, object]
    url: str | None = None
    ref: str | None = None
    ask: bool = False
    dry_run: bool = False
    git: bool = True
    install: bool = True
    trust: bool = False


def new(request: Request, screen: Screen) -> None:
    """Create the project, or with `dry_run` only list its files, and show the next steps."""
    screen.say(f"mkbackend {__version__}", style="dim")  # at once: the next steps may take seconds
    require_git()
    with transaction() as change, ExitStack() as stack:
        with screen.waiting("Read the template"):
            source = stack.enter_context(find_source(request.url, request.ref, remember=not request.dry_run))
        questions = Questions(source.questions)
        _require_names(questions, source)
        project = _decide(request, questions, screen)
        report: dict[str, Any] = {
            "path": str(project.target),
            "dry_run": request.dry_run,
            "answers": project.answers,
            "command": project.command(request.url, request.ref),
            "template": {"source": without_passwords(source.url), "version": source.version},
        }
        if request.dry_run:
            report |= {"files": _preview(project, source, screen), "committed": False, "installed": False, "next": []}
        else:
            report |= _create(project, source, request, change, screen)
        screen.end(report)


def _require_names(questions: Questions, source: Source) -> None:
    """Raise BadInputError if the template does not ask for the names of a project."""
    if missing := [name for name in _NAMES if name not in questions.asked]:
        raise BadInputError(
            f"The template at {source.url} does not ask for {' and '.join(missing)}, which mkbackend needs.",
            hint=f"Use Copier instead: {typed('copier', 'copy', source.url, 'PATH')}",
        )


def _decide(request: Request, questions: Questions, screen: Screen) -> Project:
    """Complete the answers, asking if requested; raise BadInputError for invalid input before the first question."""
    known = finish.guess_author()
    if python := questions.asked.get("python_version"):
        known |= finish.guess_python(str(python.default))
    guessed = {name: value for name, value in known.items() if questions.is_good(name, str(value))}
    given = dict(request.given)
    if request.ask and request.path is None and "project_name" not in given:
        given["project_name"] = ask(screen, questions.asked["project_name"], questions, {"project_name": ""})
    project = Project.plan(request.path, given, guessed, questions)
    if not request.dry_run and leftovers.sweep(project.target):
        raise MkbackendError(
            f"{project.target} was unfinished since a killed run, and is complete now.", "make install"
        )
    room.require_room(project.target)

    def complete(given: Answers) -> Answers:
        project = Project.plan(request.path, given, guessed, questions)
        room.require_room(project.target)  # a new name may be that of an existing directory
        return project.answers

    if request.ask:
        given = review(screen, questions, given, complete)
    return Project.plan(request.path, given, guessed, questions)


def _create(project: Project, source: Source, request: Request, change: Transaction, screen: Screen) -> dict[str, Any]:
    """Create the project in a hidden directory, then move it to its place in one step."""
    around = room.surrounding_repository(project.target)
    runs_code = _runs_code(request, screen)
    with stage.beside(project.target) as made:
        with screen.step("Render the template"):
            files = render(source, project.answers, made.project, made.scratch)
        locked = request.install and runs_code and _lock(made.project, screen)
        committed = request.git and around is None and _commit(project, made, screen)
        if runs_code:  # after the commit, to keep secrets out of it
            with screen.step("Write .env with fresh secrets", optional=True):
                finish.write_env(made.project)
        with uninterrupted():
            made.place()
            screen.made = project.target
            change.left = f"{project.target} is complete but not installed: make install"
    if around and request.git:
        screen.say(f"It is inside the repository {around}: commit it there. CI files work only at its top.")
    installed = locked and _install(project, screen)
    return {
        "files": [path.as_posix() for path in files],
        "committed": committed,
        "installed": installed,
        "next": _next_steps(project, installed),
    }


def _runs_code(request: Request, screen: Screen) -> bool:
    """Return whether to run the template's code, which locking and installing do; a foreign template needs consent."""
    if request.url is None:
        return True
    if not request.install or request.trust:
        return request.install
    url = without_passwords(request.url)
    if request.ask and screen.confirms(f"Installing runs code from {url}. Trust it?", default=False):
        return True
    screen.warn(f"Not locked or installed: without --trust no code from {url} runs.", "make install")
    return False


def _preview(project: Project, source: Source, screen: Screen) -> list[str]:
    """Show the project's files, rendered to a temporary directory only."""
    with tempfile.TemporaryDirectory(prefix="mkbackend-") as directory, screen.step("Render the template"):
        files = render(source, project.answers, Path(directory) / project.target.name, Path(directory) / "scratch")
    screen.tree(project.target.name, files)
    return [path.as_posix() for path in files]


def _lock(project: Path, screen: Screen) -> bool:
    """Lock the dependencies for the first commit; return whether they can be installed."""
    with screen.step("Lock the dependencies", optional=True) as step:
        finish.lock(project)
    return step.done


def _commit(project: Project, made: stage.Stage, screen: Screen) -> bool:
    with screen.step("Make the first commit", optional=True) as step:
        if warning := finish.commit(made.project, project.target, project.answers):
            screen.say(warning)
    return step.done


def _install(project: Project, screen: Screen) -> bool:
    with screen.step("Install the dependencies", optional=True) as step:
        finish.install(project.target, str(project.answers.get("python_version", "")))
    return step.done


def _next_steps(project: Project, installed: bool) -> list[str]:
    """Return the commands, at most three, that start the service."""
    go = [] if project.target == Path.cwd() else [typed("cd", project.place)]
    return [*go, *([] if installed else ["make install"]), "make dev"]
