"""A reader who types a page of this repository in a terminal.

Its blocks have the forms of `guides.py`; a block of `text` shows lines that the command above it prints.
"""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pages import blocks

from .conftest import attempt, start, wait_for
from .guides import Command, Step

# A terminal keeps its variables, its functions and its directory.
KEPT = '. {state}; set -a\n{text}\n{{ export -p; declare -f; echo "cd $PWD"; }} > {state}'
ADMIN = re.compile(r"^Created admin@example\.com.*; password: (\S+)$", re.MULTILINE)
GIT = {
    f"GIT_{who}_{key}": f"ada{end}" for who in ("AUTHOR", "COMMITTER") for key, end in (("NAME", ""), ("EMAIL", "@x"))
}


def shown(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines that a page shows, each with the command above."""
    command = ""
    for language, block in blocks(page):
        if language == "bash":
            command = block
        elif language == "text":
            yield from ((command, line) for line in block.splitlines())


@dataclass
class Reader:
    """A reader with a home of their own; `printed` has the output of each command."""

    home: Path
    printed: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The file with the state of the terminal."""
        return self.home / "terminal"

    @property
    def place(self) -> Path:
        """The directory of the terminal."""
        return Path(self.state.read_text(encoding="utf-8").rpartition("cd ")[2].strip())

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a new terminal."""
        return GIT | {
            "HOME": str(self.home),
            "PATH": os.pathsep.join((str(self.home / "bin"), os.environ["PATH"])),
            "TMPDIR": str(self.home.parent),
        }

    def enter(self, directory: Path) -> None:
        """Open the terminal in a directory."""
        self.state.write_text(f"cd {directory}\n", encoding="utf-8")

    def typed(self, text: str) -> str:
        """Return the text that the reader types for that of the page."""
        return text

    def do(self, step: Step, code: int = 0) -> None:
        """Do a step in the terminal; a command must end with this exit code."""
        if not isinstance(step, Command):
            step.apply(self.place)
            return
        text = KEPT.format(state=self.state, text=self.typed(step.text))
        done = attempt("bash", "-euo", "pipefail", "-c", text, cwd=self.home, **self.environment)
        self.printed[step.text] = done.output
        assert done.code == code, f"{step.text}ended with {done.code}:\n{done.output[-8000:]}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Serving(Reader):
    """A reader with two terminals: the second one runs the service."""

    port: int = field(default_factory=free_port)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a new terminal."""
        here = Path.home()
        docker = {name: value for name, value in os.environ.items() if name.startswith("DOCKER_")}
        return {"DOCKER_CONFIG": str(here / ".docker"), **docker, **super().environment} | {
            "PORT": str(self.port),
            "PYENV_ROOT": os.environ.get("PYENV_ROOT", str(here / ".pyenv")),
            "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(here / ".cache" / "uv")),
            "UV_TOOL_BIN_DIR": str(self.home / "bin"),
            "UV_TOOL_DIR": str(self.home / "tools"),
        }

    def log(self) -> str:
        """Return the output of the service."""
        file = self.home / "service.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def serve(self, text: str, seconds: float = 60) -> subprocess.Popen[str]:
        """Start the service with a command of the page, and wait for it."""
        text = f"exec > {self.home}/service.log 2>&1\n{text}"
        process = start("bash", "-euo", "pipefail", "-c", text, cwd=self.place, **self.environment)
        wait_for(lambda: "Application startup complete" in self.log() or process.poll() is not None, seconds)
        assert "Application startup complete" in self.log(), self.log()
        return process

    def typed(self, text: str) -> str:
        """Insert what depends on the machine."""
        text = text.replace("127.0.0.1:8000", f"127.0.0.1:{self.port}")
        password = ADMIN.search(self.log())
        return text.replace("PRINTED", password[1]) if password else text

    def sees(self, command: str, line: str) -> bool:
        """Return whether a command printed a line, or the log has it."""
        return line in self.printed[command].splitlines() or line in self.log()
