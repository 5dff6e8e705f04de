"""Ctrl-C and other signals that end a command."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from mkbackend.errors import Interruption

# Ctrl-C, a supervisor's stop, a closed terminal; Windows lacks SIGHUP.
_INTERRUPTS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def on_interrupt(act: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Call `act` on an interrupt instead of ending; ignored signals (nohup) stay ignored."""
    heeded = [number for number in _INTERRUPTS if signal.getsignal(number) != signal.SIG_IGN]
    usual = {number: signal.signal(number, act) for number in heeded}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Defer interrupts until the block ends."""
    arrived: list[int] = []
    with on_interrupt(lambda number, _: arrived.append(number)):
        yield
    if arrived:
        raise Interruption


@dataclass
class Transaction:
    """A command's change of the project; `left` is the state it reached, empty while nothing is changed."""

    left: str = ""


@contextmanager
def transaction() -> Iterator[Transaction]:
    """Let an interrupt in the block carry the state that the transaction reached."""
    current = Transaction()
    try:
        yield current
    except KeyboardInterrupt as error:
        raise Interruption(current.left) from error
