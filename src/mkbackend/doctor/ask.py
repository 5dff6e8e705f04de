"""Runner of the probe, in a project's folder with the Python of its .venv."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkbackend.errors import MkbackendError
from mkbackend.project.paths import python_of
from mkbackend.system.programs import run

Report = Mapping[str, Any]
_PROBE = Path(__file__).with_name("probe")
# Docker and the database may take five seconds each, imports from a cold disk most of the rest.
_PATIENCE = 60.0


def ask(project: Path, patience: float = _PATIENCE) -> Report:
    """Return the probe's report; raise MkbackendError if it fails or does not finish."""
    if not python_of(project).is_file():
        raise MkbackendError("there is no Python in .venv", hint="make install")
    # Without bytecode, to leave the project unchanged.
    command = (python_of(project), "-B", _PROBE)
    env = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    output = run(*command, cwd=project, env=env, timeout=patience)
    try:
        report: Report = json.loads(output)
    except ValueError:
        raise MkbackendError("the project's Python printed unexpected output") from None
    return report
