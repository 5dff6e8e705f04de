"""The tutorial of this repository, typed from its first line to its last in an empty directory.

A block of `text` may show the log of the service. `make dev` runs beside the others, as in a terminal of its own.
"""

import re
import secrets
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from combinations import FULL

from .conftest import ROOT, run, wait_for
from .guides import Command, Edit, Step, steps
from .reader import Serving, free_port, shown

PAGE = ROOT / "docs" / "tutorial.md"
DOCKER = re.compile(r"^(make docker-|docker )", re.MULTILINE)
full = pytest.mark.skipif(not FULL, reason="nox -s full")


def has_docker() -> bool:
    """Return whether Docker's engine and its compose plugin respond."""
    asked = ("docker", "compose", "ls")
    return bool(shutil.which("docker")) and not subprocess.run(asked, capture_output=True, check=False).returncode


def is_of_docker(step: Step) -> bool:
    return isinstance(step, Command) and bool(DOCKER.search(step.text))


@pytest.fixture(scope="module")
def reader(scratch: Path) -> Iterator[Serving]:
    """Yield a reader who has typed the page, without the commands of Docker, while the service still runs."""
    reader = Serving(scratch / "reader")
    reader.home.mkdir()
    clone = reader.home / "clone"
    run("git", "clone", "--quiet", ROOT, clone, cwd=scratch)
    reader.enter(clone)
    served = []
    try:
        for step in steps(PAGE):
            if step == Command("make dev\n"):
                served.append(reader.serve(step.text))
            elif not is_of_docker(step):
                reader.do(step)
        yield reader
    finally:
        for process in served:
            process.communicate()
    shutil.rmtree(reader.home)


def test_the_tutorial_shows_the_bookings_example() -> None:
    (model,) = (step for step in steps(PAGE) if isinstance(step, Edit) and step.path == "bookings.toml")
    assert tomllib.loads(model.block) == tomllib.loads((ROOT / "examples/bookings.toml").read_text(encoding="utf-8"))


@full
def test_the_page_is_typed_and_its_commands_print_what_it_shows(reader: Serving) -> None:
    seen = [(command, line) for command, line in shown(PAGE) if command in reader.printed]
    assert len(seen) == 3
    assert wait_for(lambda: all(reader.sees(*each) for each in seen), 10), (seen, reader.printed)


@full
def test_the_typed_project_has_nothing_left_to_commit(reader: Serving) -> None:
    project = reader.home / "roombook"
    assert run("git", "status", "--porcelain", cwd=project) == ""
    assert (project / "openapi.json").is_file()


@full
def test_the_settings_of_the_deployment_are_valid(reader: Serving) -> None:
    python = reader.home / "roombook" / ".venv" / "bin" / "python"
    code = "from app.core.config import get_settings; print(get_settings().ENVIRONMENT)"
    assert run(python, "-c", code, cwd=reader.place) == "production\n"


@full
@pytest.mark.skipif(not has_docker(), reason="no Docker engine with compose here: the last commands were not typed")
def test_the_stack_of_the_page_serves(reader: Serving) -> None:
    # Another name than that of a stack which was typed on this machine before
    reader.port, name = free_port(), f"roombook-{secrets.token_hex(4)}"
    with reader.state.open("a", encoding="utf-8") as file:
        words = f"PORT={reader.port} DB_PORT={free_port()} COMPOSE_PROJECT_NAME={name}"
        file.write(f"export {words}; cd {reader.place}\n")
    try:
        for step in steps(PAGE):
            if is_of_docker(step):
                reader.do(step)
        assert all(reader.sees(*each) for each in shown(PAGE)), reader.printed
    finally:
        reader.do(Command("docker compose --file docker/docker-compose.yml --env-file .env down --volumes\n"))
        reader.do(Command("docker image rm --force roombook:latest\n"))
