"""Where and when something was measured."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.load import wrk
from benchmarks.processes import ROOT, run

PACKAGES = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "asyncpg", "pydantic")


def conditions() -> dict[str, object]:
    """Tell what the figures depend on, besides the code."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": run("git", "describe", "--always", "--dirty", cwd=ROOT).strip(),
        "processor": f"{os.cpu_count()} x {_processor()}",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def versions(python: Path) -> dict[str, str]:
    """Tell the versions of what the service runs on, and of wrk."""
    script = "import sys; from importlib.metadata import version; print(*map(version, sys.argv[1:]))"
    found = run(python, "-c", script, *PACKAGES, cwd=python.parent).split()
    said = subprocess.run((wrk(), "--version"), capture_output=True, text=True, check=False)
    return {**dict(zip(PACKAGES, found, strict=True)), "wrk": said.stdout.split()[1]}


def _processor() -> str:
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return model[1] if model else platform.machine()
