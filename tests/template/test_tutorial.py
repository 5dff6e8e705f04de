"""The tutorial of this repository, typed from its first line to its last in an empty directory.

Its blocks have the forms of `guides.py`; a block of `text` shows lines that the command above it prints, or the log of
the service. `make dev` runs beside the others, as in a terminal of its own.
"""

import os
import re
import secrets
import shutil
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from combinations import FULL

from .conftest import ROOT, run, start, wait_for
from .guides import Command, Edit, Step, steps

PAGE = ROOT / "docs" / "tutorial.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCKER = re.compile(r"^(make docker-|docker )", re.MULTILINE)
ADMIN = re.compile(r"^Created admin@example\.com.*; password: (\S+)$", re.MULTILINE)
# A terminal keeps its variables, its functions and its directory.
KEPT = '. {state}; set -a\n{text}\n{{ export -p; declare -f; echo "cd $PWD"; }} > {state}'
GIT = {
    f"GIT_{who}_{key}": f"ada{end}" for who in ("AUTHOR", "COMMITTER") for key, end in (("NAME", ""), ("EMAIL", "@x"))
}
full = pytest.mark.skipif(not FULL, reason="nox -s full")


def has_docker() -> bool:
    """Return whether Docker's engine and its compose plugin respond."""
    asked = ("docker", "compose", "ls")
    return bool(shutil.which("docker")) and not subprocess.run(asked, capture_output=True, check=False).returncode


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def shown() -> Iterator[tuple[str, str]]:
    """Yield the lines that the page shows, each with the command above."""
    command = ""
    for language, block in FENCE.findall(PAGE.read_text(encoding="utf-8")):
        if language == "bash":
            command = block
        elif language == "text":
            yield from ((command, line) for line in block.splitlines())


def is_of_docker(step: Step) -> bool:
    return isinstance(step, Command) and bool(DOCKER.search(step.text))


@dataclass
class Reader:
    """A reader with two terminals: the second one runs the service."""

    home: Path
    port: int = field(default_factory=free_port)
    printed: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The file with the state of the first terminal."""
        return self.home / "terminal"

    @property
    def place(self) -> Path:
        """The directory of the first terminal."""
        return Path(self.state.read_text(encoding="utf-8").rpartition("cd ")[2].strip())

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a new terminal."""
        here = Path.home()
        docker = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
        return {"DOCKER_CONFIG": str(here / ".docker"), **docker, **GIT} | {
            "HOME": str(self.home),
            "PATH": os.pathsep.join((str(self.home / "bin"), os.environ["PATH"])),
            "PORT": str(self.port),
            "PYENV_ROOT": os.environ.get("PYENV_ROOT", str(here / ".pyenv")),
            "TMPDIR": str(self.home.parent),
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(here / ".cache" / "uv")),
            "UV_TOOL_BIN_DIR": str(self.home / "bin"),
            "UV_TOOL_DIR": str(self.home / "tools"),
        }

    def log(self) -> str:
        """Return the output of the service."""
        file = self.home / "service.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def serve(self) -> subprocess.Popen[str]:
        """Start the service, and wait for it."""
        process = start("sh", "-c", f"exec make dev > {self.home}/service.log 2>&1", cwd=self.place, **self.environment)
        assert wait_for(lambda: "Application startup complete" in self.log(), 60), self.log()
        return process

    def do(self, step: Step) -> None:
        """Do a step in the first terminal; what depends on the machine is inserted."""
        if not isinstance(step, Command):
            step.apply(self.place)
            return
        text = step.text.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        if password := ADMIN.search(self.log()):
            text = text.replace("PRINTED", password[1])
        text = KEPT.format(state=self.state, text=text)
        self.printed[step.text] = run("bash", "-euo", "pipefail", "-c", text, cwd=self.home, **self.environment)

    def sees(self, command: str, line: str) -> bool:
        """Return whether a command printed a line, or the log has it."""
        return line in self.printed[command].splitlines() or line in self.log()


@pytest.fixture(scope="module")
def reader(scratch: Path) -> Iterator[Reader]:
    """Yield a reader who has typed the page, without the commands of Docker, while the service still runs."""
    reader = Reader(scratch / "reader")
    reader.home.mkdir()
    clone = reader.home / "clone"
    run("git", "clone", "--quiet", ROOT, clone, cwd=scratch)
    reader.state.write_text(f"cd {clone}\n", encoding="utf-8")
    served = []
    try:
        for step in steps(PAGE):
            if step == Command("make dev\n"):
                served.append(reader.serve())
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
def test_the_page_is_typed_and_its_commands_print_what_it_shows(reader: Reader) -> None:
    seen = [(command, line) for command, line in shown() if command in reader.printed]
    assert len(seen) == 3
    assert wait_for(lambda: all(reader.sees(*each) for each in seen), 10), (seen, reader.printed)


@full
def test_the_typed_project_has_nothing_left_to_commit(reader: Reader) -> None:
    project = reader.home / "roombook"
    assert run("git", "status", "--porcelain", cwd=project) == ""
    assert (project / "openapi.json").is_file()


@full
def test_the_settings_of_the_deployment_are_valid(reader: Reader) -> None:
    python = reader.home / "roombook" / ".venv" / "bin" / "python"
    code = "from app.core.config import get_settings; print(get_settings().ENVIRONMENT)"
    assert run(python, "-c", code, cwd=reader.place) == "production\n"


@full
@pytest.mark.skipif(not has_docker(), reason="no Docker engine with compose here: the last commands were not typed")
def test_the_stack_of_the_page_serves(reader: Reader) -> None:
    # Another name than that of a stack which was typed on this machine before
    reader.port, name = free_port(), f"roombook-{secrets.token_hex(4)}"
    with reader.state.open("a", encoding="utf-8") as file:
        words = f"PORT={reader.port} DB_PORT={free_port()} COMPOSE_PROJECT_NAME={name}"
        file.write(f"export {words}; cd {reader.place}\n")
    try:
        for step in steps(PAGE):
            if is_of_docker(step):
                reader.do(step)
        assert all(reader.sees(*each) for each in shown()), reader.printed
    finally:
        reader.do(Command("docker compose --file docker/docker-compose.yml --env-file .env down --volumes\n"))
        reader.do(Command("docker image rm --force roombook:latest\n"))
