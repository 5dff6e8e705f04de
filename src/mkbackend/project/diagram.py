"""`mkbackend diagram`: has a project draw the tables of its models."""

from pathlib import Path

from mkbackend.document import show
from mkbackend.errors import BadInputError
from mkbackend.project.answers import read_project
from mkbackend.project.paths import python_of
from mkbackend.project.written import DIAGRAM
from mkbackend.screen import Screen
from mkbackend.system.programs import run

_SCRIPT = "scripts/diagram.py"


def diagram(path: Path, screen: Screen) -> None:
    """Run the project's own script, and print what it wrote.

    Raises:
        BadInputError: the project is older than the script, or not installed.
    """
    project = read_project(path).project
    if not (project / _SCRIPT).is_file():
        raise BadInputError(
            f"{project} has no {_SCRIPT}, which came with template 0.14.0.",
            f"mkbackend update; if the file was deleted: git checkout HEAD -- {_SCRIPT}",
        )
    if not python_of(project).is_file():
        raise BadInputError(f"{project} is not installed: .venv has no Python.", "make install")
    with screen.waiting("Draw the tables"):
        printed = run(python_of(project), "-m", "scripts.diagram", cwd=project)
    if screen.as_json:
        show({"written": [DIAGRAM.as_posix()]})
    else:
        screen.say(printed.decode(errors="replace").strip())
