"""Recordings of the command in a terminal, for the manual: `nox -s record`."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

import pexpect
import pyte
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.text import Text

ROOT = Path(__file__).parent.parent
COLUMNS, ROWS = 88, 70
ENTER, DOWN = "\r", "\x1b[B"
# Steps of `new` install packages.
TIMEOUT = 600
_NAMES = {"brown": "yellow", "brightblack": "bright_black"}
# Two releases whose templates differ in the line of one dependency.
OLD, NEW, LINE = "v0.11.0", "0.11.1", "httptools>=0.6.3"
# Pictures fetch no fonts.
PICTURE = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace("Fira Code, ", "")


class Recorder:
    """A terminal of fixed size, whose screens become one picture."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.directory, self.environment = directory, environment
        self.console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)

    def run(self, command: str, place: str = "", talk: Callable[["Run"], None] | None = None) -> None:
        """Run a command line in a place below the directory; print it with its last screen."""
        self.console.print(Text.assemble((f"{place}$ ", "dim"), (command, "bold")))
        run = Run(command, self.directory / place, self.environment, self.console)
        if talk:
            talk(run)
        run.end()
        run.show()
        self.console.print()

    def prepare(self, *command: str) -> None:
        """Run a program that is not shown."""
        subprocess.run(command, cwd=self.directory, env=dict(self.environment), check=True, capture_output=True)

    def save(self, path: Path, title: str) -> None:
        """Write the picture."""
        picture = self.console.export_svg(title=title, code_format=PICTURE, unique_id=path.stem)
        path.write_text(picture, encoding="utf-8")


class Run:
    """A command in the terminal."""

    def __init__(self, command: str, directory: Path, environment: Mapping[str, str], console: Console) -> None:
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.Stream(self.screen)
        self.console = console
        size = (ROWS, COLUMNS)
        self.child: Any = pexpect.spawn(
            "sh",
            ["-c", command],
            cwd=str(directory),
            env=dict(environment),
            encoding="utf-8",
            timeout=TIMEOUT,
            dimensions=size,
        )

    def wait(self, text: str) -> None:
        """Wait until the screen has a text."""
        while not any(text in line for line in self.screen.display):
            self._read()

    def press(self, *keys: str) -> None:
        """Type keys."""
        self.child.send("".join(keys))

    def end(self) -> None:
        """Wait until the command has ended."""
        while self._read():
            pass
        self.child.close()

    def show(self) -> None:
        """Print the screen, without empty lines at its end, and clear it."""
        lines = [_line(self.screen.buffer[row]) for row in range(ROWS)]
        while lines and not lines[-1].plain.strip():
            lines.pop()
        for line in lines:
            self.console.print(line, no_wrap=True, crop=True)
        self.screen.reset()

    def _read(self) -> bool:
        try:
            self.stream.feed(self.child.read_nonblocking(4096, TIMEOUT))
        except pexpect.EOF:
            return False
        return True


def _line(row: Mapping[int, Any]) -> Text:
    """Return a row of the screen with its colours."""
    text = Text()
    cells = (row[column] for column in range(COLUMNS))
    for (colour, bold), run in groupby(cells, key=lambda cell: (cell.fg, cell.bold)):
        text.append("".join(cell.data for cell in run), Style(color=_colour(colour), bold=bold))
    text.rstrip()
    return text


def _colour(name: str) -> str | None:
    """Return the name of a colour for rich: pyte's are names or six hexadecimal digits."""
    if name == "default":
        return None
    return f"#{name}" if re.fullmatch(r"[0-9a-f]{6}", name) else _NAMES.get(name, name)


def record_new(recorder: Recorder) -> None:
    """Record a project that is created with one changed answer."""

    def talk(run: Run) -> None:
        run.wait("error reports")
        run.press(DOWN * 9, ENTER)
        run.wait("Esc: back")
        run.press(DOWN, ENTER)
        run.wait("kubernetes")
        run.wait("Create the project")
        run.show()
        run.press(ENTER)

    recorder.run("mkbackend new myapp", talk=talk)


def record_add(recorder: Recorder) -> None:
    """Record a resource that is added."""
    recorder.run("mkbackend add article title:str/200 slug:str/80:unique --auth owner", "myapp")


def record_update(recorder: Recorder) -> None:
    """Record an update whose new text conflicts with a line of the owner."""
    bundle = Path(recorder.environment["HOME"], ".local/share/mkbackend/template.bundle")
    source = ("--template", str(bundle), "--ref", OLD)
    recorder.prepare("mkbackend", "new", "shop", "--yes", "--no-install", *source)
    pyproject = recorder.directory / "shop" / "pyproject.toml"
    pyproject.write_text(pyproject.read_text(encoding="utf-8").replace(LINE, "httptools>=0.7"), encoding="utf-8")
    recorder.prepare("git", "-C", "shop", "commit", "--quiet", "--all", "--message", "Require httptools 0.7")
    recorder.run(f"mkbackend update --to {NEW}", "shop")
    recorder.run("git diff pyproject.toml", "shop")


def main(target: Path) -> None:
    """Record everything below a directory."""
    with tempfile.TemporaryDirectory() as home:
        environment = {
            "HOME": home,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PROMPT_TOOLKIT_NO_CPR": "1",
            **{name: value for name, value in os.environ.items() if name.startswith(("UV_", "PIP_", "SSL_"))},
        }
        for name, value in {"user.name": "Ada Lovelace", "user.email": "ada@example.com"}.items():
            subprocess.run(["git", "config", "--global", name, value], env=environment, check=True)
        directory = Path(home, "code")
        directory.mkdir()
        for name, record in {"new": record_new, "add": record_add, "update": record_update}.items():
            recorder = Recorder(directory, environment)
            record(recorder)
            recorder.save(target / f"{name}.svg", f"mkbackend {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
