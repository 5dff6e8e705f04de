"""The questions of copier.yml: defaults, choices and validators, checked before anything is written.

Copier asks the same questions, but ignores unknown answers and reads every word as yes.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.system.programs import typed
from mkbackend.template.expressions import evaluate

Answers = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """One question; `default` and `validator` are Jinja templates, as in Copier. Required: it has no default."""

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
        """Parse one question of copier.yml; a value that is not a mapping is its default."""
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

    @property
    def offered(self) -> tuple[str, ...]:
        """Return the answers to choose from; an empty tuple if it takes any text."""
        return self.choices or (("yes", "no") if self.type == "bool" else ())

    def cast(self, value: object) -> object:
        """Return the answer in the question's type; raise ValueError with the expected form."""
        if self.type == "bool":
            return _boolean(value)
        if isinstance(value, bool) and {"yes", "no"} <= {*self.choices}:
            return "yes" if value else "no"  # YAML reads bare yes and no as booleans
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError("Enter text")  # noqa: TRY004  # as for every other invalid answer
        return str(value)

    def shown(self, value: object) -> str:
        """Return the answer as text: for a boolean the word that is offered."""
        if self.type == "bool" and isinstance(value, bool):
            return "yes" if value else "no"
        return str(value)


class InvalidAnswerError(BadInputError):
    """An answer that its question refuses."""

    def __init__(self, name: str, answer: object, reason: str) -> None:
        hint = typed("--data", f"{name}=VALUE")
        super().__init__(f"{name} cannot be {_quoted(answer)}. {reason}", hint)
        self.name, self.reason = name, reason


class Questions:
    """All questions of one template version, in order."""

    def __init__(self, text: str) -> None:
        import yaml

        try:
            parsed = yaml.safe_load(text) or {}
            asked = {name: details for name, details in parsed.items() if not name.startswith("_")}
            self.all = [Question.parse(name, details) for name, details in asked.items()]
        except (yaml.YAMLError, AttributeError, TypeError) as error:
            why = " ".join(str(error).split())
            raise MkbackendError(f"Cannot read the template's copier.yml: {why}") from error
        self.asked = {question.name: question for question in self.all if not question.hidden}

    def complete(self, given: Mapping[str, object], partly: bool = False) -> Answers:
        """Return all answers, with defaults for the missing ones; raise BadInputError for the first invalid one.

        A missing required answer is empty, or left out with `partly`.
        """
        for name in given:
            if name not in self.asked:
                raise BadInputError(f"Unknown question {name!r}.", hint=f"Questions: {', '.join(self.asked)}")
        answers: Answers = {}
        for question in self.all:
            if partly and question.required and question.name not in given:
                continue
            answer = given.get(question.name, evaluate(question.default, answers))
            try:
                answers[question.name] = _checked(question, answer, answers)
            except ValueError as error:
                raise InvalidAnswerError(question.name, answer, f"{error}.") from error
        return {name: answers[name] for name in self.asked if name in answers}

    def problem(self, name: str, answer: str, answers: Answers) -> str:
        """Return the reason to refuse an answer to a question, or an empty string."""
        try:
            self.complete({**answers, name: answer}, partly=True)
        except InvalidAnswerError as error:
            return error.reason if error.name == name else error.message
        return ""

    def is_good(self, name: str, answer: str) -> bool:
        """Return whether an answer is valid; for guesses, such as the author from git."""
        try:
            self.complete({"project_name": "My App", name: answer})
        except BadInputError:
            return False
        return True


def _checked(question: Question, answer: object, answers: Answers) -> object:
    """Return an answer in its question's type; raise ValueError if it is invalid after the previous answers."""
    value = question.cast(answer)
    if not _is_decoded(str(value)):
        encoding = sys.getfilesystemencoding()
        raise ValueError(f"The locale encoding {encoding} cannot decode it: set LC_ALL=C.UTF-8, for example")
    if question.choices and value not in question.choices:
        raise ValueError(f"Choose one of: {', '.join(question.choices)}")
    if problem := evaluate(question.validator, {**answers, question.name: value}).strip():
        raise ValueError(problem)
    return value


def _is_decoded(text: str) -> bool:
    """Return whether a text was decoded fully: Python keeps undecodable bytes of arguments as lone surrogates."""
    return not any("\udc80" <= character <= "\udcff" for character in text)


def _choices(choices: Any) -> tuple[str, ...]:
    """Return the allowed values, without the labels that some templates add in a mapping or pairs."""
    values = choices.values() if isinstance(choices, Mapping) else choices
    return tuple(str(value[1] if isinstance(value, list) else value) for value in values)


def _boolean(value: object) -> bool:
    words = {"true": True, "yes": True, "y": True, "false": False, "no": False, "n": False}
    if str(value).lower() not in words:
        raise ValueError("Enter yes or no")
    return words[str(value).lower()]


def _quoted(answer: object) -> str:
    """Return an answer's repr, shortened to one line."""
    shown = repr(answer)
    return shown if len(shown) <= 60 else f"{shown[:56]} ...'"
