"""Old names left in text: strings, comments, settings, documents."""

import re

from mkbackend.update.moves.table import Moves

# A dotted name or a path.
_TOKEN = re.compile(r"(?<![\w-])\w+(?:[./]\w+)+")
_SUFFIX = re.compile(r"\.pyi?$")


def find_left(text: str, moves: Moves, known: str = "") -> list[tuple[int, str]]:
    """Return line numbers and old names, except those in lines that `known` contains too."""
    theirs = set(known.splitlines())
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line not in theirs]
    return [
        (number, token)
        for number, line in lines
        for token in dict.fromkeys(_TOKEN.findall(line))
        if _is_old(token, moves)
    ]


def _is_old(token: str, moves: Moves) -> bool:
    """Return whether a token begins with an old name that is not also a new name."""
    is_path = "/" in token
    name = _SUFFIX.sub("", token).replace("/", ".") if is_path else token
    new = moves.module(name) if is_path else moves.apply(name)
    return new != name and not any(f"{name}.".startswith(f"{there}.") for there in moves.all.values())
