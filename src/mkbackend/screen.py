"""Output for the terminal, or as JSON: steps, warnings, next commands and errors."""

import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.padding import Padding
from rich.prompt import Confirm
from rich.table import Column, Table
from rich.text import Text
from rich.tree import Tree

from mkbackend.console import make_console
from mkbackend.document import show
from mkbackend.errors import MkbackendError
from mkbackend.system.printable import on_one_line

_FINDINGS = {"ok": ("green", "✓", "ok"), "note": ("yellow", "!", "!"), "wrong": ("red", "✗", "x")}


@dataclass
class Step:
    """One step, for the report."""

    name: str
    done: bool = False
    seconds: float = 0.0


@dataclass
class Screen:
    """The terminal, or with `as_json` one object on stdout and everything else on stderr."""

    as_json: bool = False
    warnings: list[dict[str, str]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    made: Path | None = None

    def __post_init__(self) -> None:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # unencodable characters become question marks
                stream.reconfigure(errors="replace")
        self.console = make_console(stderr=self.as_json)
        self._detail: Callable[[str], None] = lambda text: None

    def say(self, text: str, style: str = "") -> None:
        """Print a line."""
        self.console.print(Text(text, style=style))

    def plain(self, text: str) -> None:
        """Print text without wrapping, to be copied or read by programs."""
        self.console.print(Text(text), soft_wrap=True)

    def pass_on(self, line: str) -> None:
        """Print a line of another program."""
        self.console.print(Text(line, style="dim"), soft_wrap=True)

    def detail(self, text: str) -> None:
        """Show the progress of the running step beside its clock; elsewhere than in a terminal nothing."""
        if text.strip():
            self._detail(on_one_line(text.strip()))

    def rows(self, rows: Sequence[Sequence[str]]) -> None:
        """Print aligned columns; a terminal that is too narrow wraps their cells."""
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        if self.console.is_terminal and sum(widths) + 2 * len(widths) + 2 > self.console.width:
            table = Table.grid(padding=(0, 2, 0, 0))
            for row in rows:
                table.add_row(*(Text(cell, overflow="fold") for cell in row))
            self.console.print(Padding(table, (0, 0, 0, 2)))
            return
        for row in rows:
            cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
            self.plain(f"  {'  '.join(cells)}".rstrip())

    def finding(self, state: str, name: str, text: str, fix: str = "", *, width: int = 10) -> None:
        """Print a finding with its state (`ok`, `note` or `wrong`), and its fix on a line to copy.

        Names are padded to `width` columns, at most a third of a terminal.
        """
        style, sign, plain = _FINDINGS[state]
        sign = self.sign(sign, plain.ljust(2))
        if self.console.is_terminal:
            width = min(width, max(self.console.width // 3, 10))
        head = f"{on_one_line(name):<{width}}  "
        text, fix = on_one_line(text), on_one_line(fix)
        lines = [text]
        if self.console.is_terminal:
            lines = textwrap.wrap(text, max(self.console.width - len(sign + head) - 1, 20), break_long_words=False)
        indent = "\n" + " " * (len(sign + head) + 1)
        self.console.print(Text.assemble((sign, style), f" {head}{indent.join(lines)}"), soft_wrap=True)
        if fix:
            self.console.print(Text.assemble(indent[1:], (fix, "bold")), soft_wrap=True)

    @contextmanager
    def step(self, name: str, optional: bool = False) -> Iterator[Step]:
        """Show a step while it runs and when it is done; an optional step that fails becomes a warning."""
        step = Step(name)
        self.steps.append(step)
        started = time.perf_counter()
        try:
            with self.waiting(name):
                yield step
        except MkbackendError as error:
            if not optional:
                raise
            self.warn(error.message, error.hint)
        else:
            step.done = True
            step.seconds = round(time.perf_counter() - started, 2)
            self.console.print(f"[green]{self.sign('✓', 'ok')}[/] {escape(name)} [dim]{step.seconds:.1f} s[/]")

    @contextmanager
    def waiting(self, name: str) -> Iterator[None]:
        """Show a spinner with the elapsed time and the step's progress, in terminals only."""
        if not self.console.is_terminal:
            yield
            return
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        detail = TextColumn("{task.fields[detail]}", style="dim", markup=False, table_column=Column(no_wrap=True))
        # The name is a description, not the column's text: braces in it would be fields to fill in.
        label = TextColumn("{task.description}", markup=False)
        columns = (SpinnerColumn(), label, TimeElapsedColumn(), detail)
        with Progress(*columns, console=self.console, transient=True) as clock:
            task = clock.add_task(name, detail="")
            # pytest prints its percentage at the end of the line.
            room = max(self.console.width - len(name) - len("⠋ " + " 0:00:00 "), 0)
            self._detail = lambda text: clock.update(task, detail=text[-room:] if room else "")
            try:
                yield
            finally:
                self._detail = lambda text: None

    def warn(self, message: str, retry: str = "") -> None:
        """Show a warning and the command that fixes it."""
        self.warnings.append({"message": message, "retry": retry})
        self.console.print(f"[yellow]{self.sign('!', '!')}[/] {escape(on_one_line(message))}")
        if retry:
            self.console.print(f"  Later, in the project: [bold]{escape(retry)}[/]", soft_wrap=True)

    def fail(self, error: MkbackendError) -> int:
        """Show an error and its fix; return the exit code."""
        if self.as_json:
            problem = {"message": error.message, "hint": error.hint}
            show({"error": problem, "exit_code": error.exit_code, **error.details})
        console = make_console(stderr=True)
        console.print(Text.assemble(("Error: ", "red"), error.message))
        if error.hint:
            console.print(Text(f"  {error.hint}"), soft_wrap=True)
        return error.exit_code

    def interrupted(self, left: str) -> int:
        """Report an interrupt and the state it left; return the exit code."""
        error = MkbackendError(f"Interrupted; {left}.")
        error.exit_code = 130
        return self.fail(error)

    def end(self, report: dict[str, Any]) -> None:
        """Show the next steps and the command that repeats the run, or print the JSON object."""
        if self.as_json:
            steps = [asdict(step) for step in self.steps]
            show({**report, "steps": steps, "warnings": self.warnings})
            return
        if self.made:
            self.commands("Next:", report["next"])
        self.commands("Repeat with:", [report["command"]])

    def commands(self, title: str, commands: Iterable[str]) -> None:
        """Print commands to copy below a title."""
        lines = "".join(f"\n  {command}" for command in commands)
        self.console.print(Text.assemble(f"\n{title}", (lines, "bold")), soft_wrap=True)

    def tree(self, name: str, files: list[Path]) -> None:
        """Show paths as a tree."""
        top = Tree(Text(name, style="bold"), guide_style="dim")
        branches: dict[Path, Tree] = {Path(): top}
        for path in files:
            for part in [*reversed(path.parents[:-1]), path]:
                if part not in branches:
                    branches[part] = branches[part.parent].add(Text(on_one_line(part.name)))
        self.console.print(top)

    def confirms(self, question: str, default: bool = True) -> bool:
        """Ask a yes/no question; an empty line is the default."""
        return Confirm.ask(Text(question), default=default, console=self.console)

    def sign(self, sign: str, plain: str) -> str:
        """Return a sign, or its plain form if the terminal cannot show it."""
        return sign if self.console.encoding.lower().startswith("utf") else plain
