"""Check of the Python of a project's .venv, or of the one that would create it."""

import contextlib
import re
import shlex
import tomllib
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from mkbackend.doctor.checks import Check, note, ok, wrong
from mkbackend.project.paths import python_of
from mkbackend.system.programs import answer, typed
from mkbackend.system.uv import uv_on_path

_PLACE = re.compile(r"\s*(export )?VIRTUAL_ENV=['\"]?/")
_ASK = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


def look(project: Path) -> Check:
    """Compare the Python of .venv with the version that the project requires."""
    if not (project / ".venv").is_dir():
        return _without(project)
    version = answer(python_of(project), "-c", _ASK, cwd=project)
    wanted, pinned = _wanted(project), _pinned(project)
    if not version:
        return wrong("python", ".venv is broken: its Python does not run", "Remove .venv, then: make install")
    if place := _moved(project):
        return wrong("python", f".venv was created at {place}: the project was moved or copied", "make install")
    if version not in wanted:
        found = f"{version} in .venv, but the project requires {wanted}"
        return wrong("python", found, "Remove .venv, then: make install")
    if not f"{version}.".startswith(f"{pinned}." if pinned else ""):
        found = f"{version} in .venv, but .python-version says {pinned}"
        return note("python", found, "Remove .venv, then: make install")
    return ok("python", f"{version} in .venv")


def _moved(project: Path) -> str:
    """Return the path where .venv was created if it is another: its scripts contain that path."""
    with contextlib.suppress(OSError, ValueError):
        script = python_of(project).with_name("activate").read_text(encoding="utf-8")
        words = next((line for line in script.splitlines() if _PLACE.match(line)), "").partition("=")[2]
        place = "".join(shlex.split(words))
        if Path(place).is_absolute() and Path(place).resolve() != (project / ".venv").resolve():
            return place
    return ""


def _without(project: Path) -> Check:
    """Return the result for a missing .venv, with the Python that `make install` would use."""
    uv, wanted, pinned = uv_on_path(project), _wanted(project), _pinned(project)
    version = _found(project, uv)
    if version and version in wanted:
        return wrong("python", f".venv is missing; it would be created with Python {version}", "make install")
    name = pinned or str(wanted)
    found = f"python3 is {version}, not {wanted}" if version else f"Python {name} is not installed"
    fix = typed("uv", "python", "install", name) if uv and pinned else f"Install Python {name}, then: make install"
    return wrong("python", f".venv is missing, and {found}", fix)


def _found(project: Path, uv: str | None) -> str:
    python = answer(uv, "python", "find", "--no-python-downloads", cwd=project) if uv else "python3"
    return answer(python, "-c", _ASK, cwd=project) if python else ""


def _wanted(project: Path) -> SpecifierSet:
    """Return `requires-python` of pyproject.toml; any version if it is missing."""
    try:
        text = (project / "pyproject.toml").read_text(encoding="utf-8")
        return SpecifierSet(str(tomllib.loads(text)["project"]["requires-python"]))
    except (OSError, ValueError, KeyError, TypeError, InvalidSpecifier):
        return SpecifierSet()


def _pinned(project: Path) -> str:
    try:
        return (project / ".python-version").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""
