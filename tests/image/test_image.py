"""The image and the compose stack of a generated project, with a Docker engine: run by `nox -s image` only.

Without an engine these tests fail. Each run has names and ports of its own and takes down what it started; only
the build cache and the base images stay, as after any build.
"""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Megabytes above the Python image; 100 when this was written.
LARGEST = 130
# A healthy service has answered what it was asked within this many seconds.
SLOWEST_STOP = 5
# What .env says for the host must not reach the stack.
HOSTS_SETTINGS = "DATABASE_URL=postgresql://nobody:nothing@nowhere.invalid/none\nDB_HOST=nowhere.invalid\nWORKERS=2\n"
# The machine's own, without what Compose prefers to .env; read before a fixture hides HOME and Docker's settings in it.
OTHERS = re.compile(r"(COMPOSE|DB|JWT|POSTGRES|UV)_.*|DATABASE_URL|PORT|VIRTUAL_ENV")
ENVIRONMENT = {name: value for name, value in os.environ.items() if not OTHERS.fullmatch(name)}


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, object]


@dataclass(frozen=True)
class Stack:
    """A project, and its containers."""

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

    def call(self, path: str, form: dict[str, str] | None = None, token: str = "") -> Answer:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/v1{path}",
            data=urllib.parse.urlencode(form).encode() if form else None,
            headers={"Authorization": f"Bearer {token}"} if token else {},
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
    """A project as `mkbackend new` leaves it, with ports of its own, from the files as they are now."""
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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    for command in ("docker", "uv"):
        assert shutil.which(command), f"the image is tested with {command}: install it"
    run("docker", "version", cwd=folder)
    return render(folder)


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def admin(stack: Stack) -> tuple[str, str]:
    """The e-mail and the password of the first admin, made as the README says."""
    said = stack.compose("exec", "--no-TTY", "app", "python", "-m", "scripts.create_admin", "ada@example.com")
    password = re.search(r"^Admin ada@example.com created; password: (\S+)$", said, re.M)
    assert password, said
    return "ada@example.com", password[1]


def test_the_service_is_healthy_and_reaches_its_database(stack: Stack) -> None:
    assert stack.call("/health").body["status"] == "healthy"
    assert stack.call("/health/ready").status == 200


def test_the_migrations_ran_before_the_service(stack: Stack) -> None:
    assert "(head)" in stack.compose("exec", "--no-TTY", "app", "alembic", "current")
    ended = json.loads(run("docker", "inspect", stack.container("migrate"), cwd=stack.project))[0]["State"]
    started = json.loads(run("docker", "inspect", stack.container("app"), cwd=stack.project))[0]["State"]
    assert ended["ExitCode"] == 0
    assert ended["FinishedAt"] < started["StartedAt"]


def test_the_first_admin_signs_in(stack: Stack, admin: tuple[str, str]) -> None:
    token = stack.sign_in(*admin)
    assert stack.call("/users/me", token=token).body["email"] == "ada@example.com"
    assert stack.call("/users", token=token).body["total"] == 1
    assert stack.call("/users").status == 401


def test_a_picture_is_kept_on_the_volume(stack: Stack, admin: tuple[str, str]) -> None:
    token = stack.sign_in(*admin)
    picture = b"\x89PNG\r\n\x1a\n" + bytes(1000)
    request = urllib.request.Request(
        f"http://127.0.0.1:{stack.port}/api/v1/users/me/picture",
        data=picture,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "image/png"},
        method="PUT",
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=10) as response:
        name = json.load(response)["picture"]
    assert stack.compose("exec", "--no-TTY", "app", "ls", "/uploads") == name
    assert "uploads" in stack.compose("config", "--volumes")
    purged = stack.compose("exec", "--no-TTY", "app", "python", "-m", "scripts.purge")
    assert purged == ""
    assert stack.compose("exec", "--no-TTY", "app", "ls", "/uploads") == name


def test_the_image_is_not_root_and_says_what_it_is(stack: Stack) -> None:
    config = json.loads(run("docker", "image", "inspect", stack.image, cwd=stack.project))[0]["Config"]
    assert config["User"] == "10001:10001"
    labels = {name.removeprefix("org.opencontainers.image."): text for name, text in config["Labels"].items()}
    assert labels["title"] == stack.project.name
    assert labels["version"] == "1.2.3"
    assert labels["licenses"] == "MIT"


def test_the_image_is_small(stack: Stack) -> None:
    history = run("docker", "history", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", stack.image, cwd=ROOT)
    layers = history.splitlines()
    first = next(number for number, layer in enumerate(layers) if "useradd" in layer)
    size = sum(int(layer.split()[0]) for layer in layers[: first + 1]) / 1e6
    print(f"{size:.0f} MB above the Python image")
    assert size < LARGEST


def test_the_image_holds_what_it_runs_and_no_tools(stack: Stack) -> None:
    names = stack.compose("exec", "--no-TTY", "app", "ls", "-A", "/app", "/app/scripts").split()
    assert [name for name in names if name != "__pycache__"] == [
        *("/app:", "alembic", "alembic.ini", "app", "pyproject.toml", "scripts"),
        *("/app/scripts:", "__init__.py", "create_admin.py", "purge.py"),
    ]
    tools = "command -v gcc make git; cd /opt/venv/bin; ls uv ruff pytest hatchling; true"
    assert stack.compose("exec", "--no-TTY", "app", "sh", "-c", tools) == ""


@pytest.mark.parametrize("service", ["app", "postgres"])
def test_a_container_has_no_privileges(stack: Stack, service: str) -> None:
    asked = "id -u; touch /x 2>/dev/null && echo written; grep -E 'CapEff|NoNewPrivs' /proc/1/status"
    user, capabilities, no_new = stack.compose("exec", "--no-TTY", service, "sh", "-c", asked).splitlines()
    assert user != "0"
    assert int(capabilities.split()[1], 16) == 0
    assert no_new.split()[1] == "1"


def test_the_ports_are_open_to_this_machine_only(stack: Stack) -> None:
    for service, port in (("app", "8000"), ("postgres", "5432")):
        assert stack.compose("port", service, port).startswith("127.0.0.1:")


def test_it_stops_gracefully_and_starts_again_with_its_data(stack: Stack, admin: tuple[str, str]) -> None:
    container = stack.container("app")
    begin = time.monotonic()
    run("docker", "stop", container, cwd=stack.project)
    assert time.monotonic() - begin < SLOWEST_STOP
    assert run("docker", "inspect", "--format", "{{.State.ExitCode}}", container, cwd=stack.project) == "0"
    assert run("docker", "logs", container, cwd=stack.project).count("Application shutdown complete") == 2
    stack.compose("down")
    stack.compose("up", "--detach", "--wait", "--wait-timeout", "120", "--no-build")
    stack.sign_in(*admin)


def test_without_env_compose_says_what_is_missing(project: Path) -> None:
    command = ("docker", "compose", "--file", "docker/docker-compose.yml", "config", "--quiet")
    done = subprocess.run(command, cwd=project, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "DB_PASSWORD" in done.stderr
    assert "--env-file .env" in done.stderr


def test_a_project_without_a_lock_file_is_built_too(project: Path, tmp_path: Path) -> None:
    build(shutil.copytree(project, tmp_path / "unlocked", ignore=shutil.ignore_patterns("uv.lock")))


def test_an_outdated_lock_file_stops_the_build(project: Path, tmp_path: Path) -> None:
    outdated = Path(shutil.copytree(project, tmp_path / "outdated"))
    pyproject = outdated / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("dependencies = [\n    # The web\n", 'dependencies = ["six",\n'))
    with pytest.raises(AssertionError, match="To update the lockfile, run `uv lock`"):
        build(outdated)


def build(project: Path) -> None:
    """As far as the packages and the code, which leaves no image."""
    stage = ("--target", "builder", "--output", "type=cacheonly")
    run("docker", "build", "--progress", "plain", *stage, "--file", "docker/Dockerfile", ".", cwd=project)
