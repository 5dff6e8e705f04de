"""Tests of the running compose stack: sign-ups, restarts of the database, changes of the code."""

import json
import re
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .conftest import ENVIRONMENT, Stack, run

DEVELOPMENT = ("--file", "docker/docker-compose.dev.yml")


def test_a_user_signs_up_and_logs_in(stack: Stack) -> None:
    person = {"email": "grace@example.com", "password": "a quiet harbour"}
    registering = {**person, "full_name": "Grace Hopper"}
    made = stack.call("/auth/register", body=registering)
    assert (made.status, made.body["role"]) == (201, "user")
    token = stack.sign_in(*person.values())
    assert stack.call("/users/me", token=token).body["id"] == made.body["id"]
    assert stack.call("/auth/register", body=registering).status == 409


def test_the_worker_sends_the_verification_mail(stack: Stack) -> None:
    _verify_an_address(stack, "mary@example.com", sender="worker")
    output = stack.compose("exec", "--no-TTY", "worker", "python", "-m", "scripts.jobs")
    assert output == "No jobs are waiting, and none have failed."


def test_a_stopped_worker_exits_cleanly(stack: Stack) -> None:
    stack.compose("stop", "worker")
    state = json.loads(run("docker", "inspect", stack.container("worker"), cwd=stack.project))[0]["State"]
    assert state["ExitCode"] == 0
    stack.compose("start", "worker")


def test_a_database_restart_under_load_gives_only_503_for_a_moment(stack: Stack, admin: tuple[str, str]) -> None:
    token = stack.sign_in(*admin)
    ended = threading.Event()
    statuses: Counter[str] = Counter()

    def call(path: str) -> None:
        while not ended.is_set():
            statuses[f"{path} {stack.call(path, token=token).status}"] += 1

    with ThreadPoolExecutor() as callers:
        calling = [callers.submit(call, path) for path in ("/health", "/users/me", "/users") * 3]
        time.sleep(1)
        # A new container on the same volume, as for an upgrade of PostgreSQL.
        stack.compose("up", "--detach", "--wait", "--force-recreate", "--no-deps", "--timeout", "5", "postgres")
        time.sleep(3)
        ended.set()
    for each in calling:
        each.result()
    assert {line for line in statuses if line.rpartition(" ")[2] not in ("200", "503")} == set(), statuses
    assert "/health 503" not in statuses
    assert "/users/me 503" in statuses, "the database was never away"
    assert stack.call("/users/me", token=token).status == 200


def _verify_an_address(stack: Stack, address: str, sender: str) -> None:
    """Register an account, and use the link in the mail that a service logs."""
    person = {"email": address, "password": "a quiet harbour"}
    assert stack.call("/auth/register", body={**person, "full_name": "Mary"}).status == 201
    mail = re.compile(rf"Mail to {re.escape(address)}: .*?/verify-email#token=([\w-]+)", re.DOTALL)
    end = time.monotonic() + 30
    while not (found := mail.search(stack.compose("logs", "--no-log-prefix", sender))):
        assert time.monotonic() < end, stack.compose("logs", "--tail", "50", sender)
        time.sleep(0.5)
    assert stack.call("/auth/verify-email", body={"token": found[1]}).status == 200
    assert stack.call("/users/me", token=stack.sign_in(*person.values())).body["email_verified_at"]


def test_in_development_the_api_runs_the_jobs_and_reloads_changed_code(stack: Stack) -> None:
    version = stack.project / "app" / "__init__.py"
    usual = version.read_text()
    try:
        stack.compose(*DEVELOPMENT, "up", "--detach", "--wait", "--wait-timeout", "120", "--no-build")
        assert stack.compose("ps", "--services", "worker") == ""
        _verify_an_address(stack, "joan@example.com", sender="app")
        version.write_text(re.sub('"(.*)"$', '"9.9.9"', usual, flags=re.MULTILINE))
        end = time.monotonic() + 30
        while _version(stack) != "9.9.9":
            assert time.monotonic() < end, stack.compose("logs", "--tail", "30", "app")
            time.sleep(0.5)
    finally:
        version.write_text(usual)
        stack.compose("up", "--detach", "--wait", "--wait-timeout", "120", "--no-build")


def _started(stack: Stack) -> int:
    return run("docker", "logs", stack.container("app"), cwd=stack.project).count("Application startup complete")


def _version(stack: Stack) -> object:
    try:
        return stack.call("/health").body["version"]
    except OSError:  # the service is restarting
        return None


def test_secrets_can_be_read_from_files(stack: Stack, tmp_path: Path) -> None:
    secrets = dict(re.findall(r"^(DB_PASSWORD|JWT_\w+KEY)=(.+)$", (stack.project / ".env").read_text(), re.MULTILINE))
    assert len(secrets) == 3
    tmp_path.chmod(0o755)
    for name, value in secrets.items():
        (tmp_path / name).write_text(f"{value}\n")
        (tmp_path / name).chmod(0o444)
    code = "from app.core.config import get_settings as g; print(g().DB_PASSWORD.get_secret_value(), g().ENVIRONMENT)"
    options = ("--rm", "--read-only", "--env", "ENVIRONMENT=test", "--volume", f"{tmp_path}:/run/secrets:ro")
    output = run("docker", "run", *options, stack.image, "python", "-c", code, cwd=stack.project)
    assert output == f"{secrets['DB_PASSWORD']} test"


def test_the_image_reports_missing_secrets(stack: Stack) -> None:
    done = subprocess.run(("docker", "run", "--rm", stack.image), env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 1
    assert "JWT_SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_number_of_workers_can_be_set(stack: Stack, tmp_path: Path) -> None:
    three = tmp_path / "three.yml"
    three.write_text('services: {app: {environment: {WORKERS: "3"}}}')
    up = ("up", "--detach", "--wait", "--wait-timeout", "120", "--no-build")
    try:
        stack.compose("--file", str(three), *up)
        end = time.monotonic() + 60
        while (started := _started(stack)) < 3:
            assert time.monotonic() < end
            time.sleep(0.5)
        assert started == 3
    finally:
        stack.compose(*up)
