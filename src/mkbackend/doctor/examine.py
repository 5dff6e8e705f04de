"""`mkbackend doctor`: runs all checks and prints their results."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from mkbackend.doctor import age, database, env_file, interpreter, port, settings, tools
from mkbackend.doctor.ask import Report, ask
from mkbackend.doctor.checks import Check, note, unknown, wrong
from mkbackend.errors import MkbackendError
from mkbackend.project import migrations
from mkbackend.project.answers import Recorded, read_project
from mkbackend.project.paths import unusable
from mkbackend.screen import Screen


def doctor(path: str, screen: Screen) -> int:
    """Check a project on this machine; return the exit code, 1 if there are problems."""
    screen.left = "nothing was changed"
    project = read_project(Path(path))
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
        report = ask(project.project)
    except MkbackendError as error:
        yield from _without_report(project.project, error)
    else:
        yield from _service(project.project, report)


def _without_report(project: Path, error: MkbackendError) -> Iterator[Check]:
    """Check what does not need the project's own code, which cannot run."""
    yield from env_file.look(project, starts=False)
    yield note("service", f"settings, database and migrations were not checked: {error.message}", error.hint)
    yield port.look(project, {"PORT": env_file.port(project)})


def _service(project: Path, report: Report) -> Iterator[Check]:
    """Check the probe's report."""
    service, base, scripts = report["settings"], report["database"], report["migrations"]
    yield from env_file.look(project, starts=service.get("problems") == [])
    if missing := {part["missing"] for part in report.values() if "missing" in part}:
        yield wrong("packages", f"not installed in .venv: {', '.join(sorted(missing))}", "make install")
    if _is_complete(service):
        yield from settings.look(service, has_env=(project / ".env").is_file())
    yield port.look(project, service.get("serves") or {"PORT": env_file.port(project)})
    if _is_complete(base):
        yield database.look(base)
    yield from database.jobs(base, service)
    if _is_complete(scripts):
        yield from database.migrations(scripts, base, migrations.merge_command(project))
    yield from _incomplete(report)


def _is_complete(part: Report) -> bool:
    return "error" not in part and "missing" not in part


def _incomplete(report: Report) -> Iterator[Check]:
    """Report the parts that the probe could not check: code of an older template, or changed by the owner."""
    for name, part in report.items():
        if "error" in part:
            yield unknown(name, MkbackendError(str(part["error"])))
