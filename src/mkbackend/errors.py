"""Errors for the user: each has a message and a fix."""

import re
from typing import Any

# The user information of a URL: up to its last @, as a password may contain one, and a token may be the user's name.
# The user of ssh is no secret.
_PASSWORD = re.compile(r"(?<!ssh)://[^/\s]+@|://[^/\s]*:[^/\s]*@")


def without_passwords(text: str) -> str:
    """Return a text with the user information of its URLs replaced by ***."""
    return _PASSWORD.sub("://***@", text)


class MkbackendError(Exception):
    """An expected failure; `hint` is the fix, a command if possible, and `details` are for programs only.

    The message is kept on one line, so that foreign text in it cannot look like another message. Passwords in URLs are
    hidden, because an error may end up in the log of a pipeline.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = without_passwords(re.sub(r"\s*[\r\n]\s*", " ", message.strip()))
        self.hint = without_passwords(hint)
        self.details: dict[str, Any] = {}

    @property
    def line(self) -> str:
        """Return the message and the fix on one line."""
        return f"{self.message} {self.hint}".strip()


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
