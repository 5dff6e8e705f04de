"""Tests of generated projects, created, installed and run with the user's commands, on a real PostgreSQL."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from combinations import FULL, OPTIONS, Answers, name_of, to_run

from .conftest import DEFAULT, ENVIRONMENT, PYTHONS, ROOT, left_in, make, run, start, wait_for

ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]


def new(place: Path, answers: Answers) -> Path:
    """Create a project with the README's command; the home with its template is beside it."""
    data = [f"--data={name}={value}" for name, value in answers.items()]
    home = {
        "HOME": str(place.parent),
        "PYENV_ROOT": os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv")),
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv")),
    }
    run(sys.executable, "-m", "mkbackend", "new", place, "--yes", *data, cwd=place.parent, **home)
    return place


@pytest.fixture(scope="module", params=to_run(PYTHONS), ids=name_of)
def project(request: pytest.FixtureRequest, scratch: Path) -> Iterator[Path]:
    place = new(scratch / "shop", request.param)
    make(place, "install")
    yield place
    shutil.rmtree(place)


def without_uv(*first: Path) -> str:
    """Return a PATH without uv."""
    parts = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join([*map(str, first), *(part for part in parts if not (Path(part) / "uv").exists())])


@pytest.mark.parametrize("project", to_run(PYTHONS)[:1], indirect=True, ids=name_of)
def test_without_uv_on_path_make_uses_the_one_in_the_project(project: Path) -> None:
    assert ".venv/bin/uv sync" in make(project, "install", PATH=without_uv())


@pytest.mark.skipif(not FULL, reason="nox -s full; it installs another project")
@pytest.mark.parametrize("project", to_run(PYTHONS)[:1], indirect=True, ids=name_of)
def test_a_clone_without_uv_on_path_installs_the_locked_packages(project: Path, scratch: Path) -> None:
    (scratch / "bin").mkdir(exist_ok=True)
    (scratch / "bin" / "python3").unlink(missing_ok=True)
    (scratch / "bin" / "python3").symlink_to((project / ".venv" / "bin" / "python").resolve())
    clone = scratch / "colleague"
    run("git", "clone", "--quiet", project, clone, cwd=scratch)
    make(clone, "install", PATH=without_uv(scratch / "bin"))
    assert (clone / ".venv" / "bin" / "uv").is_file()
    assert run("git", "status", "--porcelain", cwd=clone) == ""
    shutil.rmtree(clone)


SHOWN: set[tuple[str, str]] = set()


def once_for_each_python(what: str, project: Path) -> None:
    """Skip a check that passed for another project of this Python: no option changes a Python file (test_static.py).

    Options leave out parts: a full run also checks one project without an optional part.
    """
    lacks = FULL and not (project / "app" / "kit" / "telemetry").is_dir()
    shown = (what, "without a part" if lacks else (project / ".python-version").read_text("utf-8"))
    if shown in SHOWN:
        pytest.skip("another project of this Python has shown it")
    SHOWN.add(shown)


def test_a_project_passes_its_own_lint(project: Path) -> None:
    once_for_each_python("lint", project)
    make(project, "lint")


def test_a_project_passes_its_own_tests(project: Path, server: str) -> None:
    once_for_each_python("test", project)
    make(project, "test", branches="1", TEST_DATABASE_URL=server)


@pytest.mark.parametrize("test", ["unit/kit/test_config.py", "integration/test_reading.py"])
def test_a_test_passes_when_started_in_its_own_directory(project: Path, server: str, test: str) -> None:
    once_for_each_python(test, project)
    folder, _, name = f"tests/{test}".rpartition("/")
    python = project / ".venv" / "bin" / "python"
    run(python, "-m", "pytest", "-q", name, cwd=project / folder, TEST_DATABASE_URL=server)


def test_the_migrations_of_a_project_run_up_and_down_and_up(project: Path) -> None:
    once_for_each_python("migrations", project)
    for target in ("migrate-up", "migrate-down", "migrate-up"):
        make(project, target)
    assert "(head) (current)" in make(project, "migrate-history")


def test_a_project_leaves_a_clean_work_tree(project: Path) -> None:
    assert run("git", "status", "--porcelain", cwd=project) == ""


@pytest.mark.parametrize("version", OPTIONS["python_version"])
def test_a_supported_python_is_installed(version: str) -> None:
    if version not in PYTHONS:
        pytest.skip(f"no Python {version} here: its projects were rendered and checked, but not run")


@pytest.mark.skipif(not FULL, reason="nox -s full")
def test_a_project_passes_its_checks_with_the_oldest_allowed_packages(scratch: Path) -> None:
    # The first command is `make test`, on a machine without uv.
    programs = scratch / "programs"
    programs.mkdir()
    (programs / "python3").symlink_to(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))
    place = new(scratch / "oldest", DEFAULT)
    for target in ("test", "lint", "migrate-up", "migrate-down", "migrate-up"):
        make(place, target, PATH=f"{programs}:/usr/bin:/bin", UV_RESOLUTION="lowest-direct")


@pytest.mark.skipif(not FULL, reason="nox -s full")
def test_pre_releases_of_packages_are_only_reported(scratch: Path) -> None:
    place = new(scratch / "pre-releases", DEFAULT)
    try:
        make(place, "install", UV_PRERELEASE="allow")
        for target in ("lint", "test-unit", "migrate-up"):
            make(place, target)
    except pytest.fail.Exception as failure:
        pytest.xfail(f"with pre-releases {str(failure)[-2000:]}")


@pytest.mark.skipif(not FULL, reason="nox -s full")
def test_a_moved_project_can_commit_and_be_reinstalled(scratch: Path) -> None:
    place = new(scratch / "before the move", DEFAULT)
    make(place, "install")
    moved = place.rename(scratch / "after the move")
    commit = ("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--allow-empty", "-m", "step")
    assert "make lint" in run(*commit, cwd=moved, PRE_COMMIT_HOME=str(scratch / "pre-commit"))
    assert "rm -rf .venv" in make(moved, "lint")
    assert "rm -rf .venv" not in make(moved, "install", UV_PROJECT_ENVIRONMENT=str(scratch / "elsewhere"))
    assert not (scratch / "elsewhere").exists()
    assert str(moved) in (moved / ".venv" / "bin" / "activate").read_text("utf-8")


@dataclass(frozen=True)
class Service:
    """A service started with `make dev`."""

    project: Path
    url: str
    log: Path

    def call(self, method: str, path: str, *, token: str = "", **body: object) -> tuple[int, Any]:
        """Send a request; return the status and the JSON of the response."""
        data = json.dumps(body).encode() if body else None
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            with urlopen(Request(self.url + path, data, headers, method=method), timeout=10) as answer:  # noqa: S310  # our own server
                return answer.status, json.load(answer)
        except HTTPError as error:
            return error.code, json.load(error)

    def sign_in(self) -> str:
        """Sign in as the admin created by `make dev`; return the token."""
        password = self.line_with("; password: ").rpartition("; password: ")[2]
        form = f"username=admin@example.com&password={password}".encode()
        with urlopen(self.url + "/api/v1/auth/login", form, timeout=10) as answer:  # noqa: S310  # our own server
            token: str = json.load(answer)["access_token"]
            return token

    def line_with(self, words: str) -> str:
        """Wait for a line of the output with these words; return it."""

        def found() -> str:
            return next((line for line in self.log.read_text("utf-8").splitlines() if words in line), "")

        assert wait_for(found, 5), f"not printed: {words}"
        return found()

    def lives(self) -> bool:
        try:
            return self.call("GET", "/api/v1/health")[0] == 200
        except (URLError, OSError):
            return False


@pytest.fixture(scope="module")
def service(scratch: Path) -> Iterator[Service]:
    """Yield a running service, with port, pool and log format set only in `.env`."""
    project = new(scratch / "service", DEFAULT)
    make(project, "install")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (project / ".env").open("a") as file:
        file.write(f"PORT={port}\nLOG_FORMAT=json\nDB_POOL_SIZE=7\nDB_MAX_OVERFLOW=3\n")
    log = project / "service.log"
    command = ("sh", "-c", f"exec make dev > {log} 2>&1")
    with start(*command, cwd=project, TMPDIR=str(scratch)) as process:
        service = Service(project, f"http://127.0.0.1:{port}", log)
        assert wait_for(lambda: process.poll() is not None or service.lives(), 60), log.read_text("utf-8")
        assert process.poll() is None, log.read_text("utf-8")
        yield service


def in_project(service: Service, code: str) -> str:
    return run(service.project / ".venv" / "bin" / "python", "-c", code, cwd=service.project)


def test_success_criterion_project_structure_follows_clean_architecture(service: Service) -> None:
    assert ", 0 broken" in run(service.project / ".venv" / "bin" / "lint-imports", "--no-cache", cwd=service.project)


def test_success_criterion_all_imports_resolve(service: Service) -> None:
    code = "import pkgutil, app; [__import__(m.name) for m in pkgutil.walk_packages(app.__path__, 'app.')]"
    in_project(service, code)


def test_success_criterion_fastapi_app_starts_without_errors(service: Service) -> None:
    assert service.line_with("Application startup complete")
    assert not re.search(r'Traceback|"(WARNING|ERROR|CRITICAL)"', service.log.read_text("utf-8"))


def test_success_criterion_health_check_returns_200(service: Service) -> None:
    status, body = service.call("GET", "/api/v1/health")
    assert (status, body["status"]) == (200, "healthy")


def test_success_criterion_database_connection_pool_configured(service: Service) -> None:
    code = (
        "from app.core.config import DatabaseSettings; from app.core.database import make_engine;"
        "pool = make_engine(DatabaseSettings()).pool; print(pool.size(), pool._max_overflow, pool.timeout())"
    )
    assert in_project(service, code) == "7 3 10.0\n"
    assert service.call("GET", "/api/v1/health/ready")[0] == 200


def test_success_criterion_logging_outputs_structured_messages(service: Service) -> None:
    service.call("GET", "/api/v1/health?structured")
    line = json.loads(service.line_with('"path":"/api/v1/health"'))
    assert (line["level"], line["method"], line["status"]) == ("INFO", "GET", 200)
    assert line["request_id"]


def test_success_criterion_environment_variables_loaded_from_env_file(service: Service) -> None:
    # Only .env has the port.
    assert service.call("GET", "/api/v1/health")[1]["environment"] == "development"


def test_success_criterion_all_crud_endpoints_functional(service: Service) -> None:
    token = service.sign_in()
    new_user = {"email": "grace@example.com", "password": "a quiet harbour", "full_name": "Grace Hopper"}
    status, user = service.call("POST", "/api/v1/users", token=token, **new_user)
    assert (status, user["role"]) == (201, "user")
    path = f"/api/v1/users/{user['id']}"
    assert service.call("GET", path, token=token) == (200, user)
    status, page = service.call("GET", "/api/v1/users?search=hopper&sort_by=email&sort_order=asc", token=token)
    assert (status, page["items"], page["total"], page["total_pages"]) == (200, [user], 1, 1)
    status, changed = service.call("PATCH", path, token=token, full_name="Rear Admiral Hopper")
    assert (status, changed["full_name"]) == (200, "Rear Admiral Hopper")
    assert service.call("DELETE", path, token=token)[0] == 200
    assert service.call("GET", path, token=token)[0] == 404
    assert service.call("GET", "/api/v1/users")[0] == 401


def test_the_documentation_loads_nothing_from_other_hosts(service: Service) -> None:
    with urlopen(service.url + "/docs", timeout=10) as answer:  # noqa: S310  # our own server
        page = answer.read().decode()
    assert "swagger-ui" in page
    assert "https://" not in page


@pytest.mark.parametrize("end", ENDS if FULL else ENDS[-1:], ids=lambda end: end.name)
def test_stopping_a_projects_tests_leaves_no_processes_or_files(
    end: signal.Signals, installed: Path, python: Path, scratch: Path
) -> None:
    place = scratch / end.name
    place.mkdir()
    command = (python, "-m", "pytest", "-n2", "-pno:cacheprovider", "tests/integration")
    _end_when_postgres_runs(command, installed, place, end)


@pytest.mark.skipif(not FULL, reason="nox -s full")
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
@pytest.mark.parametrize("what", ["test_a_project_passes_its_own_tests", "test_success_criterion"])
def test_stopping_these_tests_leaves_no_processes_or_files(what: str, end: signal.Signals, scratch: Path) -> None:
    place = scratch / f"{what}-{end.name}"
    place.mkdir()
    command = (sys.executable, "-m", "pytest", "-pno:cacheprovider", "tests/template/test_runs.py", "-k", what)
    _end_when_postgres_runs(command, ROOT, place, end)


def _end_when_postgres_runs(command: tuple[str | Path, ...], cwd: Path, place: Path, end: signal.Signals) -> None:
    """Stop a command once its PostgreSQL runs: Ctrl-C reaches its process group, another signal only the process."""
    env = ENVIRONMENT | {"TMPDIR": str(place)}
    with (place / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        assert wait_for(lambda: list(place.rglob("data/postmaster.pid")), 120), (place / "log").read_text()
        if end is signal.SIGINT:
            os.killpg(process.pid, end)
        else:
            process.send_signal(end)
        assert process.wait(60) != 0
        assert wait_for(lambda: not left_in(place), 60), left_in(place)
    finally:
        process.kill()
        process.wait()
