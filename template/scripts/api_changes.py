"""Command to refuse breaking changes of the API.

    python -m scripts.api_changes [BASE]

It compares the work tree with a commit, by default main. Both are described with the
packages of the commit's uv.lock: what differs is the work of this project. An intended
change is accepted in openapi-accepted.toml, with a reason.
"""

import argparse
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scripts.api_operations import breaking_changes

HERE = Path(__file__).resolve().parents[1]
ACCEPTED = Path("openapi-accepted.toml")
# They would name another environment, or the code of another project.
FOREIGN = {"PYTHONPATH", "UV_PROJECT", "UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV"}
REFUSED = f"""
Each is a breaking change of the API. Undo it, or accept it with a reason: put the line
into {ACCEPTED}. See docs/api.md."""


class UnknownBaseError(Exception):
    """A commit that is not in this clone."""


def extract(base: str, directory: Path) -> bool:
    """Write this project as of a commit; return False if it was not there yet.

    Raises:
        UnknownBaseError: the clone does not have the commit.
    """
    commit = ("git", "rev-parse", "--verify", "--quiet", f"{base}^0")
    if subprocess.run(commit, stdout=subprocess.DEVNULL).returncode:
        raise UnknownBaseError(
            f"{base} is no commit of this clone: fetch it, for a pipeline's clone may "
            "be shallow, or name another: make api-changes base=COMMIT"
        )
    archive = ("git", "archive", base)
    done = subprocess.run(archive, stdout=subprocess.PIPE)
    if done.returncode:
        return False
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
        # A link to a place of this machine is no code of the project.
        members = [each for each in tar if not Path(each.linkname).is_absolute()]
        tar.extractall(directory, members, filter="data")
    return (directory / "app" / "main.py").exists()


class Packages:
    """The packages that a directory with a pyproject.toml and a uv.lock locks."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        kept = {name: os.environ[name] for name in os.environ.keys() - FOREIGN}
        environment = directory.with_name("environment")
        self._env = kept | {"UV_PROJECT_ENVIRONMENT": str(environment)}

    def install(self) -> None:
        """Install them; lock what the lock lacks."""
        self._uv("sync", "--no-install-project")

    def describe(self, project: Path) -> dict[str, Any]:
        """Return the description of the API, as these packages make it.

        Raises:
            CalledProcessError: the code cannot be imported.
        """
        # The script of this work tree, also where the commit has none.
        script, result = HERE / "scripts" / "openapi.py", self._directory / "result"
        self._env["PYTHONPATH"] = str(project)
        self._uv("run", "--no-sync", "python", "-P", script, result, cwd=project)
        description: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return description

    def _uv(self, verb: str, *words: str | Path, cwd: Path | None = None) -> None:
        program = os.environ.get("UV") or shutil.which("uv") or "uv"
        options = ("--quiet", "--no-dev", "--project", self._directory)
        subprocess.run(
            (program, verb, *options, *words),
            cwd=cwd,
            env=self._env,
            check=True,
            stdout=subprocess.DEVNULL,
        )


def read_accepted(path: Path) -> dict[str, str]:
    """Return the reason of each accepted change.

    Raises:
        ValueError: the file is not TOML, or a reason is missing.
    """
    accepted = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for change, reason in accepted.items():
        if not isinstance(reason, str) or not reason.strip():
            raise ValueError(f'{path}: {change!r} needs a reason: "CHANGE" = "REASON"')
    return accepted


def judge(changes: list[str], accepted: dict[str, str]) -> int:
    """Print the changes; return the exit code."""
    for change, reason in accepted.items():
        if change in changes:
            print(f"accepted: {change} ({reason})")
        else:
            print(f"{ACCEPTED}: no longer needed: {change}")
    refused = [change for change in changes if change not in accepted]
    for change in refused:
        print(f'{json.dumps(change, ensure_ascii=False)} = ""')
    other = "other " if changes else ""
    print(REFUSED if refused else f"The API has no {other}breaking changes.")
    return 1 if refused else 0


def main() -> int:
    """Compare the work tree with a commit; return the exit code."""
    parser = argparse.ArgumentParser(description="Refuse breaking changes.")
    parser.add_argument("base", nargs="?", default="main", help="a commit")
    base: str = parser.parse_args().base
    os.chdir(HERE)
    with TemporaryDirectory() as directory:
        before = Path(directory, "before")
        if not extract(base, before):
            print(f"{base} has no API to compare with.")
            return 0
        packages = Packages(before)
        packages.install()
        try:
            old = packages.describe(before)
        except subprocess.CalledProcessError:
            print(f"The API of {base} cannot be described: nothing is compared.")
            return 0
        # New packages join those of the lock, which stay as they are.
        shutil.copy("pyproject.toml", before)
        packages.install()
        new = packages.describe(HERE)
    return judge(breaking_changes(old, new), read_accepted(ACCEPTED))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (UnknownBaseError, ValueError) as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(map(str, error.cmd))} failed")
