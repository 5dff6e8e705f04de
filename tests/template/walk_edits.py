"""Edits that an owner makes in the files of a slice."""

import re
from pathlib import Path
from random import Random

from mkbackend.slices.names import class_of
from mkbackend.slices.record import Record

PROPERTY = '''
    @property
    def {name}(self) -> bool:
        """Return whether it was changed after it was created."""
        return self.updated_at > self.created_at
'''
TEST = """

def test_the_settings_in_{name}(settings: Settings) -> None:
    assert isinstance(settings, Settings)
"""


def edit(random: Random, known: Record, project: Path, number: int) -> dict[str, str]:
    """Return the new texts of the files of a slice, by path; none if there is no place for the edit."""
    make = random.choice([add_property, add_line, add_comment, add_comment, add_route, add_test])
    return {path: text for path, text in make(random, known, project, number).items() if text}


def add_property(random: Random, known: Record, project: Path, number: int) -> dict[str, str]:
    """Return the model with a property at its end."""
    path = f"app/domain/models/{known.resource.name}.py"
    text = _read(project / path)
    start = text.find(f"class {class_of(known.resource.name)}(")
    end = re.search(r"\n\n\n(?=\S)|\n?\Z", text[start:])
    if start < 0 or end is None:
        return {}
    place = start + end.start() + 1
    return {path: text[:place] + PROPERTY.format(name=f"is_changed_{number}") + text[place:]}


def add_line(random: Random, known: Record, project: Path, number: int) -> dict[str, str]:
    """Return the service with a line in a use case."""
    path = f"app/service/{known.resource.name}_service.py"
    text = _read(project / path)
    lines = [match.end() for match in re.finditer(r"        values = data\.model_dump\(.*\)\n", text)]
    if not lines:
        return {}
    place = random.choice(lines)
    return {path: f'{text[:place]}        logger.debug("Step {number}", fields=sorted(values))\n{text[place:]}'}


def add_comment(random: Random, known: Record, project: Path, number: int) -> dict[str, str]:
    """Return any file of the slice with a comment above a statement."""
    path = random.choice([path for path in known.files if not path.startswith("alembic/")])
    text = _read(project / path)
    places = [match.start() for match in re.finditer(r"^ *(?:return|raise|assert|if|await) ", text, re.MULTILINE)]
    if not places:
        return {}
    place = random.choice(places)
    indent = re.match(" *", text[place:])
    assert indent
    return {path: f"{text[:place]}{indent[0]}# Looked at in step {number}.\n{text[place:]}"}


def add_route(random: Random, known: Record, project: Path, number: int) -> dict[str, str]:
    """Return the router with another route to a row; one without a guard would need more than a copy."""
    name = known.resource.name
    path = f"app/api/v1/{name}_router.py"
    text = _read(project / path)
    found = re.search(rf'^@router\.get\(\s*"/{{{name}_id}}",.*?\n\n\n', text, re.MULTILINE | re.DOTALL)
    if found is None or not re.search(r"caller|_: ", found[0]):
        return {}
    route = found[0].replace('_id}"', f'_id}}/copy-{number}"').replace(f"def get_{name}", f"def copy_{number}")
    return {path: f"{text}\n\n{route.rstrip()}\n"}


def add_test(random: Random, known: Record, project: Path, number: int) -> dict[str, str]:
    """Return the unit tests with one more."""
    path = f"tests/unit/test_{known.resource.name}_service.py"
    text = _read(project / path)
    return {path: text and text + TEST.format(name=f"step_{number}")}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
