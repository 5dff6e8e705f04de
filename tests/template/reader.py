"""A reader who types a page of this repository in a terminal.

Its blocks have the forms of `guides.py`; a block of `text` shows lines that the command above it prints.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pages import blocks

from .conftest import attempt
from .guides import Command, Step

# A terminal keeps its variables, its functions and its directory.
KEPT = '. {state}; set -a\n{text}\n{{ export -p; declare -f; echo "cd $PWD"; }} > {state}'
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
