"""Ask a project's own code: the probe runs in its folder with the Python of its .venv."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mkbackend.doctor.interpreter import of
from mkbackend.errors import MkbackendError
from mkbackend.system import run

Answer = Mapping[str, Any]
_PROBE = Path(__file__).with_name("probe")
# Docker and the database may each take five seconds; the imports of a cold disk take the most.
_PATIENCE = 60.0


def ask(project: Path, patience: float = _PATIENCE) -> Answer:
    """Return what the probe tells; MkbackendError where it does not come to an end."""
    if not of(project).is_file():
        raise MkbackendError("there is no Python in .venv to ask", hint="make install")
    # Without bytecode: the project stays as it is.
    command = (of(project), "-B", _PROBE)
    env = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    said = run(*command, cwd=project, env=env, timeout=patience)
    try:
        answer: Answer = json.loads(said)
    except ValueError:
        raise MkbackendError("the project's Python answers with something else than it was asked") from None
    return answer
