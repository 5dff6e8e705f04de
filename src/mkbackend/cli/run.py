"""What every command does around its work: report errors, and find out whether a user is there to ask."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import typer

from mkbackend.errors import Interruption, MkbackendError

if TYPE_CHECKING:
    from mkbackend.screen import Screen


def in_terminal() -> bool:
    """Return whether stdin and stdout are terminals; a closed stream is None."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


@contextmanager
def reported(as_json: bool) -> Iterator["Screen"]:
    """Turn errors into a message and an exit code; SIGTERM and SIGHUP count as Ctrl-C."""
    from mkbackend.screen import Screen
    from mkbackend.system.environment import clean_environment
    from mkbackend.system.interrupts import on_interrupt

    screen = Screen(as_json)
    try:
        clean_environment()
        with on_interrupt(_interrupt):
            yield screen
    except MkbackendError as error:
        raise typer.Exit(screen.fail(error)) from error
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        raise typer.Exit(screen.fail(MkbackendError(f"{about}{error.strerror or error}."))) from error
    except (KeyboardInterrupt, EOFError) as error:
        raise typer.Exit(screen.interrupted()) from error


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interruption
