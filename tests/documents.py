"""Shapes of JSON documents, as docs/operations.md shows them."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from conftest import ROOT

_BLOCK = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"^## Output for programs\n", re.MULTILINE)
# An object whose keys are those of the template's questions.
FREE = (".answers",)


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Return the example of each command: its blocks together, each of which stands below the names.

    The paragraph above a block begins with the names of its commands; the error's block has no name.
    """
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    text = re.split(r"^## ", _TITLE.split(page)[1], flags=re.MULTILINE)[0]
    found: dict[str, dict[str, Any]] = {}
    end = 0
    for block in _BLOCK.finditer(text):
        above = text[end : block.start()].rstrip().rpartition("\n\n")[2]
        names = re.match(r"`[\w-]+`(?:(?:, | and )`[\w-]+`)*", above)
        for name in re.findall(r"`([\w-]+)`", names[0]) if names else ["error"]:
            known = found.setdefault(name, {})
            more = json.loads(block[1])
            assert not known.keys() & more.keys(), f"{name}: twice"
            known.update(more)
        end = block.end()
    return found


def require(command: str, documents: Iterable[Any], without: Iterable[str] = ()) -> None:
    """Require that documents have the shape of the command's example, and together each part of it.

    Parts that begin with one of `without` need not be there.

    Raises:
        AssertionError: a key is missing, unknown or of another type, or a part of the example is in no document.
    """
    met = set[str]().union(*(parts_in(command, document) for document in documents))
    parts = {part for part in _parts(examples()[command], "") if not part.startswith(tuple(without))}
    assert parts <= met, parts - met


def parts_in(command: str, document: Any) -> set[str]:
    """Return the parts of a document that has the shape of the command's example, such as `.routes[].method`.

    Raises:
        AssertionError: a key is missing, unknown or of another type.
    """
    met = set[str]()
    _compare(examples()[command], document, "", met)
    return met


def _compare(example: Any, found: Any, place: str, met: set[str]) -> None:
    met.add(place)
    assert type(found) is type(example), f"{place}: {found!r}"
    if isinstance(example, dict) and not place.endswith(FREE):
        assert found.keys() == example.keys(), f"{place}: {found.keys() ^ example.keys()}"
        for key, value in example.items():
            _compare(value, found[key], f"{place}.{key}", met)
    elif isinstance(example, list):
        assert example or not found, place
        for each in found:
            _compare(example[0], each, f"{place}[]", met)


def _parts(example: Any, place: str) -> Iterator[str]:
    yield place
    if isinstance(example, dict) and not place.endswith(FREE):
        for key, value in example.items():
            yield from _parts(value, f"{place}.{key}")
    elif isinstance(example, list) and example:
        yield from _parts(example[0], f"{place}[]")
