"""The answers of a project, in `.copier-answers.yml`."""

from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import BadInputError
from mkbackend.project.paths import resolved
from mkbackend.template.given import load
from mkbackend.template.questions import Answers, Questions

ANSWERS = ".copier-answers.yml"
_RESTORE = f"Restore it from git: git log -- {ANSWERS}"


@dataclass(frozen=True)
class Recorded:
    """A project's template, template version and answers."""

    project: Path
    url: str
    version: str
    answers: Answers


def read_project(path: Path) -> Recorded:
    """Return the record of the project at `path`; raise BadInputError if it is missing or invalid."""
    project = resolved(path)
    if not (project / ANSWERS).is_file():
        above = next((folder for folder in project.parents if (folder / ANSWERS).is_file()), None)
        hint = f"The project is {above}." if above else "mkbackend new creates a project. " + _RESTORE
        raise BadInputError(f"{project} has no {ANSWERS}, so it is not a mkbackend project.", hint)
    found = load(project / ANSWERS, _RESTORE)
    for key in ("_src_path", "_commit"):
        if not isinstance(found.get(key), str) or not found[key] or found[key].startswith("-"):
            raise BadInputError(f"{project / ANSWERS} has no valid {key}.", _RESTORE)
    answers = {name: answer for name, answer in found.items() if not name.startswith("_")}
    return Recorded(project, found["_src_path"], found["_commit"], answers)


def stored_answers(recorded: Recorded, questions: str) -> Answers:
    """Return the answers to the questions of the project's version; raise BadInputError unless complete and valid."""
    if not questions:
        return recorded.answers
    asked = Questions(questions)
    try:
        answers = asked.complete(recorded.answers)
    except BadInputError as error:
        raise BadInputError(f"{ANSWERS}: {error.message}", hint=_RESTORE) from error
    if missing := [name for name in asked.asked if name not in recorded.answers]:
        raise BadInputError(f"{ANSWERS} has no answer for {', '.join(missing)}.", hint=_RESTORE)
    return answers
