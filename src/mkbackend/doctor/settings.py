"""What the service says of its settings: whether they allow a start, and which names in .env nobody reads."""

from collections.abc import Iterator
from difflib import get_close_matches

from mkbackend.doctor.ask import Answer
from mkbackend.doctor.checks import Check, note, ok, wrong

_RANDOM = '''python3 -c "import secrets; print(secrets.token_hex(32))"'''
# Read by Docker, from the same file.
_OF_DOCKER = ("COMPOSE_", "DOCKER_")


def look(told: Answer, has_env: bool) -> Iterator[Check]:
    """Judge what the probe told; without .env that is the reason of all problems, and was said."""
    problems = [*told["problems"]] if has_env else []
    weak = [problem for problem in problems if "is weak" in problem]
    if others := [problem for problem in problems if problem not in weak]:
        yield wrong("settings", f"do not allow a start: {'; '.join(others)}", "Correct .env; .env.example explains it.")
    elif not told["problems"]:
        yield ok("settings", "allow a start")
    yield from _secrets(weak, told)
    yield from _names(told)


def _secrets(weak: list[str], told: Answer) -> Iterator[Check]:
    if weak:
        yield wrong("secrets", "; ".join(problem.replace(": is weak", " is weak") for problem in weak), _RANDOM)
    elif names := told.get("weak"):
        yield note("secrets", f"{', '.join(names)} is weak: production refuses it", _RANDOM)
    elif not told["problems"]:
        yield ok("secrets", "none is weak")


def _names(told: Answer) -> Iterator[Check]:
    """Tell names that nobody reads; one that is nearly that of a setting which is not given is taken for a slip."""
    known, given = set(told["known"]), told["given"]
    unread = [name for name in given if name not in known and not name.startswith(_OF_DOCKER)]
    nearest = {name: near[0] for name in unread if (near := get_close_matches(name.upper(), known, 1, 0.75))}
    slips = {name: near for name, near in nearest.items() if near not in given}
    for name, near in slips.items():
        yield wrong("names", f"{name} in .env is no setting of the service; {near} is", f"Write {near}.")
    if others := [name for name in unread if name not in slips]:
        shown = [f"{name} ({nearest[name]} is one)" if name in nearest else name for name in others]
        yield note("names", f"in .env that are no settings: {', '.join(shown)}", "Remove them, unless you read them.")
    elif given and not slips:
        yield ok("names", "in .env are all settings of the service")
