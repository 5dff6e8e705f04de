"""Checkers of images, pipelines, scripts and manifests. They need no network."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

# The programs are installed beside Python; actionlint runs shellcheck from there on the steps of pipelines.
_PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
HADOLINT = ("hadolint", "--failure-threshold", "style")
ACTIONLINT = ("actionlint",)
ZIZMOR = ("zizmor", "--offline", "--no-progress")
SHELLCHECK = ("shellcheck", "--norc")
KUBERNETES = ("kubernetes-validate", "--strict", "--quiet", "--kubernetes-version")


def check(*command: str | Path, text: str = "") -> None:
    """Run a checker on files, or on a text on its standard input; fail with its findings."""
    env = os.environ | {"PATH": _PATH}
    done = subprocess.run(command, env=env, input=text, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"


def check_gitlab_scripts(pipeline: dict[str, Any]) -> None:
    """Check the lines of each job as one shell script, as its runner executes them."""
    for job in pipeline.values():
        if isinstance(job, dict) and "script" in job:
            lines = [line for part in ("before_script", "script", "after_script") for line in job.get(part, [])]
            check(*SHELLCHECK, "--shell=sh", "-", text="\n".join([*lines, ""]))
