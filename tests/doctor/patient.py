"""A project whose Python is a fake that prints what a test chose."""

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest
from conftest import write_command
from typer.testing import CliRunner, Result

from mkbackend import cli

posix = pytest.mark.skipif(os.name == "nt", reason="programs and modes of POSIX")
# Prints its version, or the result of the probe.
PYTHON = """
import pathlib, sys
here = pathlib.Path(__file__).parent
print((here / ("version" if "-c" in sys.argv else "answer")).read_text())
"""
SETTINGS = {
    "known": ["DB_HOST", "LOG_LEVEL", "PORT", "SECRET_KEY"],
    "given": ["PORT", "SECRET_KEY"],
    "problems": [],
    "weak": [],
    "serves": {"HOST": "127.0.0.1", "API_V1_PREFIX": "/api/v1", "PROJECT_NAME": "Shop", "VERSION": "1.2.3"},
}
NAMED = {"embedded": False, "reason": "DB_HOST is set in .env", "place": "shop at db:5432"}
EMBEDDED = {"embedded": True, "reason": "embedded PostgreSQL", "place": "shop at 127.0.0.1:5433"}
OURS = {"runs": True, "tables": ["alembic_version", "users"], "revisions": ["a1"]}
Found = dict[str, dict[str, str]]


class Patient:
    """A project, and the results that its fake Python prints."""

    def __init__(self, root: Path) -> None:
        self.root, self.port = root, free_port()
        self.told: dict[str, Any] = {
            "settings": SETTINGS | {"serves": {**SETTINGS["serves"], "PORT": self.port}},  # type: ignore[dict-item]  # of mixed values
            "database": {"embedded": True, "reason": "embedded PostgreSQL", "runs": False},
            "migrations": {"heads": ["a1"]},
        }

    def with_python(self, version: str = "3.12.9") -> "Patient":
        programs = self.root / ".venv" / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        write_command(programs / "python", PYTHON)
        (programs / "version").write_text(version)
        return self

    def run(self, *words: str) -> Result:
        if (programs := self.root / ".venv" / "bin").is_dir():
            (programs / "answer").write_text(json.dumps(self.told))
        return CliRunner().invoke(cli.app, ["doctor", str(self.root), *words])

    def look(self, **told: Any) -> Found:
        """Return the checks by name, the last one if a name repeats."""
        for part, more in told.items():
            self.told[part] = self.told[part] | more
        result = self.run("--json")
        found = json.loads(result.stdout)
        assert found["wrong"] == sum(check["state"] == "wrong" for check in found["checks"])
        assert result.exit_code == int(found["wrong"] > 0), result.output
        return {check["name"]: check for check in found["checks"]}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def states(found: Found, state: str) -> set[str]:
    return {name for name, check in found.items() if check["state"] == state}
