"""What is to be made: where, and with which answers. Pure: looks at names, never at the disk."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import BadInputError
from mkbackend.questions import Answers, Questions
from mkbackend.system import typed

# What can be typed as a directory without quoting stays as it is; any other name gets the slug's directory.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# What programs of the project give a meaning of their own in the path of its folder.
_EXPANDED = {
    "%": "Alembic expands it",
    "$": "initdb and ruff expand it",
    '"': "initdb gives its path to a shell",
    "`": "initdb gives its path to a shell",
    os.pathsep: "it separates the folders of PATH",
    "\n": "make and Alembic read lines",
} | ({} if os.name == "nt" else {"\\": "ruff takes it for an escape"})


def unusable(target: Path) -> str:
    """Return why a project cannot be worked with at this place; empty where it can."""
    found = next((char for char in _EXPANDED if char in str(target)), "")
    return f"its path, {str(target)!r}, contains {found!r}: {_EXPANDED[found]}" if found else ""


@dataclass(frozen=True)
class Project:
    """A project to be: its place (also as it was typed), its answers, and those of them that are no default."""

    target: Path
    place: str
    answers: Answers
    chosen: Answers

    @classmethod
    def plan(cls, place: str | None, given: Mapping[str, object], guessed: Answers, questions: Questions) -> "Project":
        """Combine PATH, the answers given and those guessed; BadInputError for the first that cannot be.

        The last part of PATH names the project, unless a name is given; without PATH the name gives the directory.
        """
        if place is None and not given.get("project_name"):
            raise BadInputError("The project needs a name.", hint="mkbackend new myapp")
        usual = {} if place is None else {"project_name": _name(place)}
        answers = questions.complete({**guessed, **usual, **given})
        name, slug = str(answers["project_name"]), str(answers["project_slug"])
        if place is None:
            place = name if _PLAIN.fullmatch(name) else slug
        target = Path(place).resolve()
        if why := unusable(target):
            raise BadInputError(f"The project cannot be there: {why}.", hint="Choose a folder without it.")
        defaults = questions.complete({**guessed, "project_name": name})
        chosen = {key: value for key, value in answers.items() if value != defaults[key] or key == "project_name"}
        if name == _name(place):
            del chosen["project_name"]
        return cls(target, place, answers, chosen)

    @property
    def command(self) -> str:
        """The one line that makes the same project without a question."""
        data = [part for name, value in self.chosen.items() for part in ("--data", f"{name}={value}")]
        if any(control in part for part in data for control in "\n\t"):
            data = ["--answers", f"{self.place}/.copier-answers.yml"]
        return typed("mkbackend", "new", self.place, "--yes", *data)


def _name(place: str) -> str:
    """Return the last part of a path, also of one such as `.`; empty for the top of a disk."""
    if not place.strip():
        raise BadInputError("PATH is empty: the project needs a name.", hint="mkbackend new myapp")
    return Path(place).resolve().name
