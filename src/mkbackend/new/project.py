"""A project to create: its path and answers. Pure: works on names, does not read the disk."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mkbackend.errors import BadInputError, without_passwords
from mkbackend.project.paths import resolved, unusable
from mkbackend.system.programs import typed
from mkbackend.template.questions import Answers, Questions

# Names that need no quoting in a shell are used as directory; for others the slug is.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Project:
    """A project to create: its path (also as typed), its answers, and the answers that differ from the defaults."""

    target: Path
    place: str
    answers: Answers
    chosen: Answers

    @classmethod
    def plan(cls, place: str | None, given: Mapping[str, object], guessed: Answers, questions: Questions) -> "Project":
        """Combine PATH, given answers and guesses; raise BadInputError for the first invalid one.

        The last part of PATH names the project unless a name is given; without PATH the name is the directory.
        """
        if place is None and not given.get("project_name"):
            raise BadInputError("The project needs a name.", hint="mkbackend new myapp")
        usual = {} if place is None else {"project_name": _name(place)}
        answers = questions.complete({**guessed, **usual, **given})
        name, slug = str(answers["project_name"]), str(answers["project_slug"])
        if place is None:
            place = name if _PLAIN.fullmatch(name) else slug
        target = resolved(place)
        if why := unusable(target):
            raise BadInputError(f"The project cannot be created there: {why}.", hint="Choose a path without it.")
        defaults = questions.complete({**guessed, "project_name": name})
        chosen = {key: value for key, value in answers.items() if value != defaults[key] or key == "project_name"}
        if name == _name(place):
            del chosen["project_name"]
        return cls(target, place, answers, chosen)

    def command(self, url: str | None = None, ref: str | None = None) -> str:
        """Return the command that creates the same project, of the same template, without questions or passwords."""
        url = without_passwords(url or "")
        data = [part for name, value in self.chosen.items() for part in ("--data", f"{name}={value}")]
        if any(control in part for part in data for control in "\n\t"):
            data = ["--answers", f"{self.place}/.copier-answers.yml"]
        origin = [part for option, value in (("--template", url), ("--ref", ref)) if value for part in (option, value)]
        return typed("mkbackend", "new", self.place, "--yes", *data, *origin)


def _name(place: str) -> str:
    """Return the last part of a path, resolving paths such as `.`; empty for the root."""
    if not place.strip():
        raise BadInputError("PATH is empty: the project needs a name.", hint="mkbackend new myapp")
    return resolved(place).name
