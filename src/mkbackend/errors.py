"""What a person is told when something cannot be done: what it is, and how to mend it."""

import re


class MkbackendError(Exception):
    """Something foreseeable went wrong; `hint` is the mend, a command where there is one.

    The message is one line, so that no text of others in it looks like another message.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = re.sub(r"\s*[\r\n]\s*", " ", message.strip())
        self.hint = hint


class BadInputError(MkbackendError):
    """What was asked for is not possible; nothing was written."""

    exit_code = 2


class Interruption(KeyboardInterrupt):
    """Ctrl-C or the like.

    A kind of its own, because CPython gives up our exit code for a plain KeyboardInterrupt that has passed an exec(),
    as in the making of a dataclass.
    """
