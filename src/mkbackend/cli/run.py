"""The frame of every command: errors become messages, and terminals are recognised."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import typer

from mkbackend.errors import Interruption, MkbackendError, from_os

if TYPE_CHECKING:
    from mkbackend.screen import Screen


VERBOSE = typer.Option("--verbose", "-v", help="Show what uv and git print.")
AS_JSON = typer.Option("--json", help="Print one JSON object.")


def in_terminal() -> bool:
    """Return whether stdin and stdout are terminals; a closed stream is None."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


@contextmanager
def reported(
    as_json: bool = False, verbose: bool = False, unchanged: str = "nothing was changed"
) -> Iterator["Screen"]:
    """Turn errors into a message and an exit code; SIGTERM and SIGHUP count as Ctrl-C.

    With `verbose` the output of uv, git and make is shown. An interrupt before the command's transaction reports
    `unchanged`, a later one the state that it left.
    """
    from mkbackend.screen import Screen
    from mkbackend.system.environment import clean_environment
    from mkbackend.system.interrupts import on_interrupt
    from mkbackend.system.programs import reporting

    screen = Screen(as_json)
    try:
        clean_environment()
        with ExitStack() as stack:
            stack.enter_context(on_interrupt(_interrupt))
            if verbose:
                stack.enter_context(reporting(screen.pass_on))
            yield screen
    except MkbackendError as error:
        raise typer.Exit(screen.fail(error)) from error
    except OSError as error:
        raise typer.Exit(screen.fail(from_os(error))) from error
    except (KeyboardInterrupt, EOFError) as error:
        left = error.left if isinstance(error, Interruption) else ""
        raise typer.Exit(screen.interrupted(left or unchanged)) from error


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interruption
