"""Tests of a generated project's image and compose stack, run by `nox -s image` only.

They need a Docker engine. Each run has its own names and ports and removes what it started; the build cache and the
base images stay.
"""

import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

from .conftest import ENVIRONMENT, ROOT, Stack, run

# MB on top of the Python image; 100 when this was written
LARGEST = 130
# seconds in which a healthy service finishes its requests
SLOWEST_STOP = 5


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


def test_a_picture_is_stored_on_the_volume(stack: Stack, admin: tuple[str, str]) -> None:
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
    assert stack.compose("exec", "--no-TTY", "app", "ls", "/uploads") == name


def test_the_image_has_labels_and_does_not_run_as_root(stack: Stack) -> None:
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


def test_the_image_contains_the_service_and_no_build_tools(stack: Stack) -> None:
    names = stack.compose("exec", "--no-TTY", "app", "ls", "-A", "/app", "/app/scripts").split()
    assert [name for name in names if name != "__pycache__"] == [
        *("/app:", "alembic", "alembic.ini", "app", "pyproject.toml", "scripts"),
        *("/app/scripts:", "__init__.py", "create_admin.py", "jobs.py", "people.py"),
    ]
    tools = "command -v gcc make git; cd /opt/venv/bin; ls uv ruff pytest hatchling; true"
    assert stack.compose("exec", "--no-TTY", "app", "sh", "-c", tools) == ""


@pytest.mark.parametrize("service", ["app", "worker", "postgres"])
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


def test_a_project_without_a_lock_file_can_be_built(project: Path, tmp_path: Path) -> None:
    build(shutil.copytree(project, tmp_path / "unlocked", ignore=shutil.ignore_patterns("uv.lock")))


def test_an_outdated_lock_file_stops_the_build(project: Path, tmp_path: Path) -> None:
    outdated = Path(shutil.copytree(project, tmp_path / "outdated"))
    pyproject = outdated / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("dependencies = [\n    # The web\n", 'dependencies = ["six",\n'))
    with pytest.raises(AssertionError, match="To update the lockfile, run `uv lock`"):
        build(outdated)


def build(project: Path) -> None:
    """Build the stage with packages and code, which leaves no image."""
    stage = ("--target", "builder", "--output", "type=cacheonly")
    run("docker", "build", "--progress", "plain", *stage, "--file", "docker/Dockerfile", ".", cwd=project)
