"""Tests of the pipelines: each job runs line by line, as written, in a fresh clone of a generated project."""

import os
import secrets
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ENVIRONMENT, ROOT, run

# The template jobs install mkbackend, here from this checkout, of which the project is: there is nothing to propose.
OURS = {
    "MKBACKEND": str(ROOT),
    "CI_COMMIT_SHA": "0" * 40,
    "CHECKS": "success",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD^1",
}
# A command that needs an online service, and its error without a network.
ASKS, NO_NET = "make audit", "error sending request"


@dataclass(frozen=True)
class Job:
    """A job of a pipeline: its lines in order, its variables, and the images of its services."""

    lines: list[str]
    variables: dict[str, str]
    services: list[dict[str, Any]] = field(default_factory=list)


def of_github(project: Path) -> Iterator[tuple[str, Job]]:
    for path in sorted((project / ".github/workflows").glob("*.yml")):
        for name, job in yaml.safe_load(path.read_text())["jobs"].items():
            lines = [step["run"] for step in job["steps"] if "run" in step]
            yield name, Job(lines, job.get("env", {}), list(job.get("services", {}).values()))


def of_gitlab(project: Path) -> Iterator[tuple[str, Job]]:
    for name, job in yaml.safe_load((project / ".gitlab-ci.yml").read_text()).items():
        if "script" not in job:
            continue
        variables = job.get("variables", {})
        # A service's alias is a host in GitLab's network; here it is this machine.
        here = {key: value.replace("@postgres:", "@localhost:") for key, value in variables.items()}
        services = [
            {"image": service["name"], "env": variables, "ports": ["5432:5432"]}
            for service in job.get("services", [])
            if isinstance(service, dict)
        ]
        yield name, Job(job["script"], here, services)


PIPELINES = {"github": of_github, "gitlab": of_gitlab}
JOBS = {
    "github": ["lint", "test", "contract", "api-changes", "image", "publish", "audit", "template", "propose"],
    "gitlab": ["lint", "test", "contract", "api-changes", "build-image", "publish", "audit", "template", "propose"],
}


@pytest.fixture(scope="module", params=PIPELINES)
def pipeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Create a committed project with the pipeline of one host."""
    folder = tmp_path_factory.mktemp(request.param)
    project = folder / f"pipe_{secrets.token_hex(4)}"
    data = [f"--data=ci={request.param}", "--data=python_version=3.12"]
    run(sys.executable, "-m", "mkbackend", "new", project, "--yes", *data, cwd=folder)
    return request.param, project


def test_every_job_is_tested(pipeline: tuple[str, Path]) -> None:
    host, project = pipeline
    assert [name for name, _ in PIPELINES[host](project)] == JOBS[host]


# Without publish (tests/template/test_publishing.py) and propose (tests/update/propose), which write elsewhere.
@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 6, 7])
def test_a_job_succeeds_as_written(pipeline: tuple[str, Path], number: int, tmp_path: Path) -> None:
    host, project = pipeline
    job = dict(PIPELINES[host](project))[JOBS[host][number]]
    clone = tmp_path / project.name
    run("git", "clone", "--quiet", project, clone, cwd=tmp_path)
    # A pull request: the commit of its target comes before.
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    run("git", *author, "commit", "--quiet", "--allow-empty", "--message", "merge", cwd=clone)
    machine = fresh_machine(tmp_path)
    try:
        with serving(job.services):
            for line in job.lines:
                output = attempt(once(line), clone, machine | job.variables | OURS)
                if line == ASKS and output.returncode and NO_NET in output.stderr:
                    pytest.skip(f"{line}: no network here")
                assert output.returncode == 0, f"{line}\n{output.stdout[-3000:]}\n{output.stderr[-3000:]}"
    finally:
        if (clone / ".env").exists():
            down = ("docker", "compose", "--file", "docker/docker-compose.yml", "--env-file", ".env", "down")
            run(*down, "--volumes", "--rmi", "local", "--timeout", "5", cwd=clone)


DONE: set[str] = set()


def once(line: str) -> str:
    """Return the line, as a dry run if the other host's job has already run the same make target."""
    if line.startswith("make ") and line != ASKS and line in DONE:
        return f"{line} --dry-run"
    DONE.add(line)
    return line


def fresh_machine(place: Path) -> dict[str, str]:
    """Return the environment of a machine with Python, pip and pipx, without uv."""
    run(sys.executable, "-m", "venv", place / "python", cwd=place)
    (place / "python" / "bin" / "pipx").symlink_to(Path(sys.executable).with_name("pipx"))
    without = [part for part in os.environ["PATH"].split(os.pathsep) if not (Path(part) / "uv").exists()]
    ours = [str(place / "bin"), str(place / "python" / "bin")]
    pipx = {"PIPX_HOME": str(place / "pipx"), "PIPX_BIN_DIR": str(place / "bin")}
    return ENVIRONMENT | pipx | {"PATH": os.pathsep.join(ours + without), "TMPDIR": str(place)}


def attempt(line: str, where: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a line as both hosts do, in bash up to the first error."""
    command = ("bash", "-e", "-o", "pipefail", "-c", line)
    return subprocess.run(command, cwd=where, env=dict(env), capture_output=True, text=True, check=False)


@contextmanager
def serving(services: list[dict[str, Any]]) -> Iterator[None]:
    """Start the services of a job as its host does, and wait until each is healthy."""
    started: list[str] = []
    try:
        for service in services:
            env = [word for name, value in service["env"].items() for word in ("--env", f"{name}={value}")]
            ports = [word for port in service["ports"] for word in ("--publish", f"127.0.0.1:{port}")]
            options = shlex.split(service.get("options", '--health-cmd "pg_isready --host=127.0.0.1"'))
            words = ("docker", "run", "--detach", *env, *ports, *options, service["image"])
            started.append(run(*words, cwd=ROOT))
            end = time.monotonic() + 90
            asked = ("docker", "inspect", "--format", "{{.State.Health.Status}}", started[-1])
            while run(*asked, cwd=ROOT) != "healthy":
                assert time.monotonic() < end, run("docker", "logs", started[-1], cwd=ROOT)
                time.sleep(0.5)
        yield
    finally:
        for container in started:
            run("docker", "rm", "--force", "--volumes", container, cwd=ROOT)
