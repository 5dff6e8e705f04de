"""Errors for the user: each has a message and a fix."""

import re


class MkbackendError(Exception):
    """An expected failure; `hint` is the fix, a command if possible.

    The message is kept on one line, so that foreign text in it cannot look like another message.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = re.sub(r"\s*[\r\n]\s*", " ", message.strip())
        self.hint = hint


class BadInputError(MkbackendError):
    """An invalid request; nothing was written."""

    exit_code = 2


def from_os(error: OSError) -> MkbackendError:
    """Return an error of the operating system with the file that it is about."""
    about = f"{error.filename}: " if error.filename else ""
    return MkbackendError(f"{about}{error.strerror or error}.")


class Interruption(KeyboardInterrupt):
    """Ctrl-C, SIGTERM or SIGHUP.

    A subclass, because CPython overrides our exit code for a plain KeyboardInterrupt that passed through exec(), as
    when a dataclass is created. `left` is the state in which the command left the project, empty if it is unchanged.
    """

    def __init__(self, left: str = "") -> None:
        super().__init__(left)
        self.left = left
