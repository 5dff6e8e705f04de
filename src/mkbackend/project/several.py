"""Reports of several projects, one line each."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mkbackend.errors import MkbackendError
from mkbackend.screen import Screen


@dataclass(frozen=True)
class Line:
    """The line of a project: `ok`, `note` or `wrong`, its text, exit code and JSON object."""

    state: str
    text: str
    exit_code: int
    report: dict[str, Any]


def report_each(paths: Sequence[str], look: Callable[[str], Line], screen: Screen) -> int:
    """Print a line for each path, also for one that is no project; return the highest exit code."""
    width = max(map(len, paths))
    lines = []
    for path in paths:
        with screen.waiting(path):
            lines.append(_line(path, look))
        if not screen.as_json:
            screen.finding(lines[-1].state, path, lines[-1].text, width=width)
    if screen.as_json:
        print(json.dumps([line.report for line in lines]))
    return max(line.exit_code for line in lines)


def _line(path: str, look: Callable[[str], Line]) -> Line:
    try:
        return look(path)
    except MkbackendError as error:
        problem = {"message": error.message, "hint": error.hint}
        return Line("wrong", error.message, error.exit_code, {"path": path, "error": problem})
