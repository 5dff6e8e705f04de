"""A command run as if typed: signals reach it, its exit code is returned."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import FrameType

PASSED_ON = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
]


def run(command: Sequence[str]) -> int:
    """Run a command; return its exit code, or 128 plus the number of its signal."""
    missed: list[int] = []
    children: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        if number != signal.SIGINT or not _terminal_sends_to_all():
            missed.append(number)
            for child in children:
                child.send_signal(missed.pop())

    before = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    try:
        child = subprocess.Popen(command)
        children.append(child)
        for number in missed:
            child.send_signal(number)
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _terminal_sends_to_all() -> bool:
    """Return whether Ctrl-C has reached the command without being forwarded."""
    if sys.platform == "win32":
        return True
    try:
        with open("/dev/tty") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
