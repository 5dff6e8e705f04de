"""The questions of copier.yml: their defaults, choices and validators, answered before anything is written.

Copier asks the same questions, but takes an unknown answer in silence and every word for a yes.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.system import typed

Answers = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """One question; `default` and `validator` are Jinja, as Copier reads them. A required one has no default."""

    name: str
    help: str
    type: str
    default: Any
    choices: tuple[str, ...]
    validator: str
    hidden: bool
    required: bool

    @classmethod
    def parse(cls, name: str, details: Any) -> "Question":
        """Read one question of copier.yml; what is no mapping is its default."""
        if not isinstance(details, Mapping):
            details = {"default": details}
        default = details.get("default", "")
        return cls(
            name=name,
            help=str(details.get("help", name)),
            type=details.get("type", "bool" if isinstance(default, bool) else "str"),
            default=default,
            choices=_choices(details.get("choices", ())),
            validator=str(details.get("validator", "")),
            hidden=details.get("when") is False,
            required="default" not in details,
        )

    def cast(self, value: object) -> object:
        """Return the answer in the question's type; ValueError says what was expected."""
        if self.type == "bool":
            return _boolean(value)
        if isinstance(value, bool) and {"yes", "no"} <= {*self.choices}:
            return "yes" if value else "no"  # YAML takes the bare words for these
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError("Give it as text")  # noqa: TRY004  # as every other answer that does not do
        return str(value)


class Questions:
    """All questions of one version of the template, in their order."""

    def __init__(self, text: str) -> None:
        import yaml

        try:
            parsed = yaml.safe_load(text) or {}
            asked = {name: details for name, details in parsed.items() if not name.startswith("_")}
            self.all = [Question.parse(name, details) for name, details in asked.items()]
        except (yaml.YAMLError, AttributeError, TypeError) as error:
            why = " ".join(str(error).split())
            raise MkbackendError(f"The template's copier.yml cannot be read: {why}") from error
        self.asked = {question.name: question for question in self.all if not question.hidden}

    def complete(self, given: Mapping[str, object], partly: bool = False) -> Answers:
        """Return every answer, with the default where none is given; BadInputError names the first that is wrong.

        What is required and not given is empty, or `partly` left out.
        """
        for name in given:
            if name not in self.asked:
                raise BadInputError(f"There is no question {name!r}.", hint=f"Questions: {', '.join(self.asked)}")
        answers: Answers = {}
        for question in self.all:
            if partly and question.required and question.name not in given:
                continue
            answer = given.get(question.name, _render(question.default, answers))
            try:
                answers[question.name] = _checked(question, answer, answers)
            except ValueError as error:
                raise BadInputError(
                    f"{question.name} cannot be {_quoted(answer)}. {error}.",
                    hint=typed("--data", f"{question.name}=VALUE"),
                ) from error
        return {name: answers[name] for name in self.asked if name in answers}

    def is_good(self, name: str, answer: str) -> bool:
        """Whether an answer would be taken; for guesses, such as what git knows about the user."""
        try:
            self.complete({"project_name": "My App", name: answer})
        except BadInputError:
            return False
        return True


def read_answers(path: Path) -> Answers:
    """Return the answers of an earlier project; where that came from, Copier's `_` keys, is left out."""
    hint = "--answers takes the .copier-answers.yml of a project, or a YAML file of KEY: VALUE lines."
    return {name: answer for name, answer in load(path, hint).items() if not name.startswith("_")}


def load(path: Path, hint: str) -> Answers:
    """Return all that a file of answers says; BadInputError with the `hint` where it says nothing."""
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"Cannot read {path}: {error.strerror}.", hint) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not YAML: {' '.join(str(error).split())}", hint) from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise BadInputError(f"{path} has no answers.", hint)
    return found


def parse_data(pairs: Iterable[str]) -> Answers:
    """Return the answers of --data KEY=VALUE."""
    answers: Answers = {}
    for pair in pairs:
        name, equals, answer = pair.partition("=")
        if not (name and equals):
            raise BadInputError(f"--data {pair!r} is not KEY=VALUE.", hint="--data license=none")
        answers[name] = answer
    return answers


def _checked(question: Question, answer: object, answers: Answers) -> object:
    """Return a question's answer in its type; ValueError says what is wrong, given the answers before it."""
    value = question.cast(answer)
    if not _is_decoded(str(value)):
        encoding = sys.getfilesystemencoding()
        raise ValueError(f"The encoding of the locale, {encoding}, does not decode it: set LC_ALL=C.UTF-8, for example")
    if question.choices and value not in question.choices:
        raise ValueError(f"Choose one of: {', '.join(question.choices)}")
    if problem := _render(question.validator, {**answers, question.name: value}).strip():
        raise ValueError(problem)
    return value


def _is_decoded(text: str) -> bool:
    """Tell whether all of a text was decoded: Python keeps other bytes of the command line as lone surrogates."""
    return not any("\udc80" <= character <= "\udcff" for character in text)


def _choices(choices: Any) -> tuple[str, ...]:
    """Return the values to choose from; some templates give each a label: a mapping, or pairs."""
    values = choices.values() if isinstance(choices, Mapping) else choices
    return tuple(str(value[1] if isinstance(value, list) else value) for value in values)


def _boolean(value: object) -> bool:
    words = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
    if str(value).lower() not in words:
        raise ValueError("Answer yes or no")
    return words[str(value).lower()]


def _render(template: object, answers: Answers) -> Any:
    """Evaluate what copier.yml says; a value that is no text is taken as it is."""
    if not isinstance(template, str):
        return template
    try:
        return _jinja().from_string(template).render(answers)
    except Exception as error:  # an expression can raise anything: 1 / 0, a regular expression that is none
        raise MkbackendError(f"The template's copier.yml cannot be evaluated: {error}") from error


@cache
def _jinja() -> Any:
    """Return an environment that evaluates copier.yml as Copier does, with those of its filters that we use."""
    from jinja2.sandbox import SandboxedEnvironment

    environment = SandboxedEnvironment()
    environment.filters |= {"regex_search": _regex_search, "regex_replace": _regex_replace, "to_json": json.dumps}
    return environment


def _regex_search(value: str, pattern: str, ignorecase: bool = False, multiline: bool = False) -> str | None:
    """Return the first part of a text that fits a pattern, or None."""
    found = re.search(pattern, value, re.IGNORECASE * ignorecase | re.MULTILINE * multiline)
    return found[0] if found else None


def _regex_replace(value: str, pattern: str, replacement: str, ignorecase: bool = False) -> str:
    """Return a text with another one in each place that fits a pattern."""
    return re.sub(pattern, replacement, value, flags=re.IGNORECASE * ignorecase)


def _quoted(answer: object) -> str:
    """Show an answer on one short line, whatever it holds."""
    shown = repr(answer)
    return shown if len(shown) <= 60 else f"{shown[:56]} ...'"
