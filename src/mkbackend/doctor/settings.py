"""Checks of the service's settings: valid values, strong secrets, known names in .env."""

from collections.abc import Iterator
from difflib import get_close_matches

from mkbackend.doctor.ask import Report
from mkbackend.doctor.checks import Check, note, ok, wrong

_RANDOM = '''python3 -c "import secrets; print(secrets.token_hex(32))"'''
# Variables that Docker reads from the same file.
_OF_DOCKER = ("COMPOSE_", "DOCKER_")


def look(report: Report, has_env: bool) -> Iterator[Check]:
    """Check the probe's answer; a missing .env explains all problems and is already reported."""
    problems = [*report["problems"]] if has_env else []
    weak = [problem for problem in problems if "is weak" in problem]
    if others := [problem for problem in problems if problem not in weak]:
        yield wrong("settings", f"are invalid: {'; '.join(others)}", "Fix .env; .env.example explains each setting.")
    elif not report["problems"]:
        yield ok("settings", "are valid")
    yield from _secrets(weak, report)
    yield from _names(report)


def _secrets(weak: list[str], report: Report) -> Iterator[Check]:
    if weak:
        yield wrong("secrets", "; ".join(problem.replace(": is weak", " is weak") for problem in weak), _RANDOM)
    elif names := report.get("weak"):
        yield note("secrets", f"{', '.join(names)} is weak: production rejects it", _RANDOM)
    elif not report["problems"]:
        yield ok("secrets", "are strong")


def _names(report: Report) -> Iterator[Check]:
    """Report unknown names; one that resembles a setting missing from .env counts as a typo."""
    known, given = set(report["known"]), report["given"]
    unread = [name for name in given if name not in known and not name.startswith(_OF_DOCKER)]
    nearest = {name: near[0] for name in unread if (near := get_close_matches(name.upper(), known, 1, 0.75))}
    slips = {name: near for name, near in nearest.items() if near not in given}
    for name, near in slips.items():
        yield wrong("names", f"{name} in .env is not a setting; did you mean {near}?", f"Rename it to {near}.")
    if others := [name for name in unread if name not in slips]:
        shown = [f"{name} (did you mean {nearest[name]}?)" if name in nearest else name for name in others]
        yield note("names", f"unknown in .env: {', '.join(shown)}", "Remove them, unless your own code reads them.")
    elif given and not slips:
        yield ok("names", "in .env are all settings")
