"""Reports of several projects, one line each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mkbackend.document import show
from mkbackend.errors import MkbackendError, from_os
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
    names = [_cut(path, screen) for path in paths]
    width = max(map(len, names))
    lines = []
    for path, name in zip(paths, names, strict=True):
        with screen.waiting(path):
            lines.append(_line(path, look))
        if not screen.as_json:
            screen.finding(lines[-1].state, name, lines[-1].text, width=width)
    if screen.as_json:
        show([line.report for line in lines])
    return max(line.exit_code for line in lines)


def _cut(path: str, screen: Screen) -> str:
    """Return a path that leaves most of a terminal's line to the text; its end says more than its start."""
    most = max(12, screen.console.width // 3)
    if len(path) <= most or not screen.console.is_terminal:
        return path
    dots = screen.sign("…", "...")
    return dots + path[len(dots) - most :]


def _line(path: str, look: Callable[[str], Line]) -> Line:
    try:
        return look(path)
    except (MkbackendError, OSError) as failure:
        error = from_os(failure) if isinstance(failure, OSError) else failure
        problem = {"message": error.message, "hint": error.hint}
        return Line("wrong", error.message, error.exit_code, {"path": path, "error": problem})
