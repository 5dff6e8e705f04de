"""Checkers of what no Python reads: images, pipelines, scripts, manifests. They need no network."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

# They are installed beside Python; actionlint finds shellcheck there, for the steps of pipelines.
_PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
HADOLINT = ("hadolint", "--failure-threshold", "style")
ACTIONLINT = ("actionlint",)
ZIZMOR = ("zizmor", "--offline", "--no-progress")
SHELLCHECK = ("shellcheck", "--norc")
KUBERNETES = ("kubernetes-validate", "--strict", "--quiet", "--kubernetes-version")


def check(*command: str | Path, text: str = "") -> None:
    """Fail with what a checker finds in files, or in a text on its standard input."""
    env = os.environ | {"PATH": _PATH}
    done = subprocess.run(command, env=env, input=text, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"


def check_gitlab_scripts(pipeline: dict[str, Any]) -> None:
    """Read the lines of each job as its runner does: as one script of whatever shell the image has."""
    for job in pipeline.values():
        if isinstance(job, dict) and "script" in job:
            lines = [line for part in ("before_script", "script", "after_script") for line in job.get(part, [])]
            check(*SHELLCHECK, "--shell=sh", "-", text="\n".join([*lines, ""]))
