"""Old names that are left in a text: in strings, comments, settings, documents."""

import re

from mkbackend.moves.table import Moves

# A dotted name, or a path; both end at a word.
_TOKEN = re.compile(r"(?<![\w-])\w+(?:[./]\w+)+")
_SUFFIX = re.compile(r"\.pyi?$")


def find_left(text: str, moves: Moves, known: str = "") -> list[tuple[int, str]]:
    """Return the numbers of the lines with old names, and those; not of lines that a `known` text has too."""
    theirs = set(known.splitlines())
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line not in theirs]
    return [
        (number, token)
        for number, line in lines
        for token in dict.fromkeys(_TOKEN.findall(line))
        if _is_old(token, moves)
    ]


def _is_old(token: str, moves: Moves) -> bool:
    """Return whether a token begins with an old name, and with none that is a new name as well."""
    is_path = "/" in token
    name = _SUFFIX.sub("", token).replace("/", ".") if is_path else token
    new = moves.module(name) if is_path else moves.apply(name)
    return new != name and not any(f"{name}.".startswith(f"{there}.") for there in moves.all.values())
