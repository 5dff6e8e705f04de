"""What was looked at, and what came of it."""

from dataclasses import dataclass
from typing import Literal

from mkbackend.errors import MkbackendError

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Check:
    """One finding; `mend` is what to do where it is not ok, a command where there is one.

    `note` is what only some need, or what cannot be told; `wrong` keeps the project from being worked with, or is
    unsafe.
    """

    name: str
    state: State
    found: str
    mend: str = ""


def ok(name: str, found: str) -> Check:
    """Return a finding that asks for nothing."""
    return Check(name, "ok", found)


def note(name: str, found: str, mend: str = "") -> Check:
    """Return a finding that some can pass over."""
    return Check(name, "note", found, mend)


def wrong(name: str, found: str, mend: str) -> Check:
    """Return a finding that has to be mended."""
    return Check(name, "wrong", found, mend)


def unknown(name: str, error: MkbackendError) -> Check:
    """Return what is said where a question has no answer."""
    return note(name, f"cannot tell: {error.message.rstrip('.')}", error.hint)
