"""Fixtures for the tests of the image: a project, its containers, and calls to the service."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Settings in .env for the host must not reach the stack.
HOSTS_SETTINGS = "DATABASE_URL=postgresql://nobody:nothing@nowhere.invalid/none\nDB_HOST=nowhere.invalid\nWORKERS=2\n"
# Without variables that Compose prefers to .env. Read before a fixture hides HOME, which has Docker's settings.
OTHERS = re.compile(r"(COMPOSE|DB|JWT|POSTGRES|UV)_.*|DATABASE_URL|PORT|VIRTUAL_ENV")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not OTHERS.fullmatch(name)}


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, object]


@dataclass(frozen=True)
class Stack:
    """A project and its containers."""

    project: Path
    port: int

    @property
    def image(self) -> str:
        return f"{self.project.name.replace('_', '-')}:latest"

    def compose(self, *args: str, timeout: float = 600) -> str:
        return run(
            *("docker", "compose", "--file", "docker/docker-compose.yml", "--env-file", ".env"),
            *args,
            cwd=self.project,
            timeout=timeout,
        )

    def container(self, service: str) -> str:
        return self.compose("ps", "--all", "--quiet", service)

    def call(
        self, path: str, form: dict[str, str] | None = None, token: str = "", body: dict[str, str] | None = None
    ) -> Answer:
        """Send a GET, or a POST with a form or JSON."""
        data = urllib.parse.urlencode(form).encode() if form else json.dumps(body).encode() if body else None
        headers = {"Content-Type": "application/json"} if body else {}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1{path}",
            data=data,
            headers=headers | ({"Authorization": f"Bearer {token}"} if token else {}),
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=10) as response:
                return Answer(response.status, json.load(response))
        except urllib.error.HTTPError as error:
            return Answer(error.code, json.load(error))

    def sign_in(self, email: str, password: str) -> str:
        answer = self.call("/auth/login", {"username": email, "password": password})
        assert answer.status == 200, answer
        return str(answer.body["access_token"])


def run(*command: str | Path, cwd: Path, timeout: float = 600) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, encoding="utf-8", timeout=timeout
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def render(folder: Path) -> Path:
    """Create a project from the work tree, with free ports; return its path."""
    source = folder / "source"
    shutil.copytree(ROOT / "template", source / "template", ignore=shutil.ignore_patterns(".venv", ".*_cache"))
    shutil.copy(ROOT / "copier.yml", source)
    project = folder / f"image_test_{secrets.token_hex(4)}"
    # The lab's Python image is 3.12.
    answers = (f"project_slug={project.name}", "project_name=Image Test", "python_version=3.12", "license=MIT")
    data = [word for answer in answers for word in ("--data", answer)]
    run(sys.executable, "-m", "copier", "copy", "--quiet", "--defaults", *data, source, project, cwd=folder)
    run(sys.executable, "scripts/init_env.py", cwd=project)
    with (project / ".env").open("a") as env:
        env.write(f"{HOSTS_SETTINGS}PORT={free_port()}\nDB_PORT={free_port()}\n")
    run("uv", "lock", "--quiet", cwd=project)
    return project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    for command in ("docker", "uv"):
        assert shutil.which(command), f"the image is tested with {command}: install it"
    run("docker", "version", cwd=folder)
    return render(folder)


@pytest.fixture(scope="session")
def stack(project: Path) -> Iterator[Stack]:
    stack = Stack(project, int(re.findall(r"^PORT=(\d+)", (project / ".env").read_text(), re.M)[-1]))
    try:
        stack.compose("build", "--build-arg", "VERSION=1.2.3")
        try:
            stack.compose("up", "--detach", "--wait", "--wait-timeout", "120")
        except AssertionError as error:
            pytest.fail(f"{error}\n{stack.compose('logs', '--no-color')}")
        yield stack
    finally:
        stack.compose("down", "--volumes", "--timeout", "3", "--remove-orphans")
        subprocess.run(("docker", "image", "rm", "--force", stack.image), check=False, capture_output=True)


@pytest.fixture(scope="session")
def admin(stack: Stack) -> tuple[str, str]:
    """Create the first admin with the README's command; return the e-mail and the password."""
    output = stack.compose("exec", "--no-TTY", "app", "python", "-m", "scripts.create_admin", "ada@example.com")
    password = re.search(r"^Admin ada@example.com created; password: (\S+)$", output, re.M)
    assert password, output
    return "ada@example.com", password[1]
