"""Answers that are given before the questions: in a file, or as --data KEY=VALUE."""

from collections.abc import Iterable
from pathlib import Path

from mkbackend.errors import BadInputError
from mkbackend.template.questions import Answers


def read_answers(path: Path) -> Answers:
    """Return the answers of another project without Copier's `_` keys, which record its template."""
    hint = "--answers takes the .copier-answers.yml of a project, or a YAML file of KEY: VALUE lines."
    return {name: answer for name, answer in load(path, hint).items() if not name.startswith("_")}


def load(path: Path, hint: str) -> Answers:
    """Return the content of an answers file; raise BadInputError with the `hint` if it cannot be read."""
    import yaml

    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"Cannot read {path}: {error.strerror}.", hint) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInputError(f"{path} is not YAML: {' '.join(str(error).split())}", hint) from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise BadInputError(f"{path} contains no answers.", hint)
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
