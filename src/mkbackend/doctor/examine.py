"""`mkbackend doctor`: runs all checks and prints their results."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from mkbackend import migrations, recorded
from mkbackend.doctor import age, database, env_file, interpreter, port, settings, tools
from mkbackend.doctor.ask import Answer, ask
from mkbackend.doctor.checks import Check, note, unknown, wrong
from mkbackend.errors import MkbackendError
from mkbackend.project import unusable
from mkbackend.recorded import Recorded
from mkbackend.screen import Screen


def doctor(path: str, screen: Screen) -> int:
    """Check a project on this machine; return the exit code, 1 if there are problems."""
    screen.left = "nothing was changed"
    project = recorded.read(Path(path))
    found = []
    for check in _examine(project):
        found.append(check)
        if not screen.as_json:
            screen.finding(check.state, check.name, check.found, check.fix)
    count = sum(check.state == "wrong" for check in found)
    if screen.as_json:
        checks = [asdict(check) for check in found]
        print(json.dumps({"path": str(project.project), "checks": checks, "wrong": count}))
    else:
        screen.plain(f"\nProblems: {count}." if count else "\nNo problems found.")
    return int(count > 0)


def _examine(project: Recorded) -> Iterator[Check]:
    if why := unusable(project.project):
        yield wrong("place", f"the project cannot work there: {why}", "Move it to a path without it.")
    yield interpreter.look(project.project)
    yield from tools.look(project.project)
    yield age.look(project)
    try:
        told = ask(project.project)
    except MkbackendError as error:
        yield from _without_its_word(project.project, error)
    else:
        yield from _service(project.project, told)


def _without_its_word(project: Path, error: MkbackendError) -> Iterator[Check]:
    """Check what does not need the project's own code, which cannot run."""
    yield from env_file.look(project, starts=False)
    yield note("service", f"settings, database and migrations were not checked: {error.message}", error.hint)
    yield port.look(project, {"PORT": env_file.port(project)})


def _service(project: Path, told: Answer) -> Iterator[Check]:
    """Check the probe's answer."""
    said, base, scripts = told["settings"], told["database"], told["migrations"]
    yield from env_file.look(project, starts=said.get("problems") == [])
    if missing := {part["missing"] for part in told.values() if "missing" in part}:
        yield wrong("packages", f"not installed in .venv: {', '.join(sorted(missing))}", "make install")
    if _can_tell(said):
        yield from settings.look(said, has_env=(project / ".env").is_file())
    yield port.look(project, said.get("serves") or {"PORT": env_file.port(project)})
    if _can_tell(base):
        yield database.look(base)
    yield from database.jobs(base, said)
    if _can_tell(scripts):
        yield from database.migrations(scripts, base, migrations.merge_command(project))
    yield from _untold(told)


def _can_tell(part: Answer) -> bool:
    return "error" not in part and "missing" not in part


def _untold(told: Answer) -> Iterator[Check]:
    """Report the parts that the probe could not check: code of an older template, or changed by the owner."""
    for name, part in told.items():
        if "error" in part:
            yield unknown(name, MkbackendError(str(part["error"])))
