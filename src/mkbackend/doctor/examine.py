"""`mkbackend doctor`: runs all checks and prints their results."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mkbackend.doctor import age, database, env_file, interpreter, port, settings, tools
from mkbackend.doctor.ask import Report, ask
from mkbackend.doctor.checks import Check, note, unknown, wrong
from mkbackend.document import show
from mkbackend.errors import MkbackendError
from mkbackend.project import migrations
from mkbackend.project.answers import Recorded, read_project
from mkbackend.project.paths import unusable
from mkbackend.project.several import Line, report_each
from mkbackend.screen import Screen


def doctor(paths: Sequence[str], screen: Screen) -> int:
    """Check a project, or several in a line each; return the exit code, 1 if there are problems."""
    if len(paths) > 1:
        return report_each(paths, _line, screen)
    project = read_project(Path(paths[0]))
    found = []
    with screen.waiting("Check the project"):
        for check in _examine(project):
            found.append(check)
            if not screen.as_json:
                screen.finding(check.state, check.name, check.found, check.fix)
    report = _report(project, found)
    if screen.as_json:
        show(report)
    else:
        screen.plain(f"\nProblems: {report['wrong']}." if report["wrong"] else "\nNo problems found.")
    return int(report["wrong"] > 0)


def _line(path: str) -> Line:
    project = read_project(Path(path))
    found = list(_examine(project))
    report = _report(project, found)
    if not (problems := [check for check in found if check.state == "wrong"]):
        return Line("ok", "no problems", 0, report)
    first = problems[0]
    count = f"{len(problems)} problem{'s' * (len(problems) > 1)}"
    return Line("wrong", f"{count}; {first.name}: {first.found}. Fix: {first.fix}", 1, report)


def _report(project: Recorded, found: Sequence[Check]) -> dict[str, Any]:
    """Return the JSON object of a project."""
    checks = [asdict(check) for check in found]
    return {"path": str(project.project), "checks": checks, "wrong": sum(check.state == "wrong" for check in found)}


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
