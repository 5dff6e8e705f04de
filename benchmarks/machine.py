"""The machine and the versions of a measurement."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.load import wrk
from benchmarks.processes import ROOT, run

PACKAGES = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "asyncpg", "pydantic")


def conditions() -> dict[str, object]:
    """Return the conditions that the figures depend on, besides the code."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": run("git", "describe", "--always", "--dirty", cwd=ROOT).strip(),
        "processor": f"{os.cpu_count()} x {_processor()}",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def versions(python: Path, packages: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Return the versions of the packages that the service runs on."""
    script = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    found = run(python, "-c", script, *packages, cwd=python.parent).split()
    return dict(zip(packages, found, strict=True))


def version_of_wrk() -> str:
    """Return the version of wrk."""
    done = subprocess.run((wrk(), "--version"), capture_output=True, text=True, check=False)
    return done.stdout.split()[1]


def _processor() -> str:
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return model[1] if model else platform.machine()
