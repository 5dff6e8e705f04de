"""Results of checks."""

from dataclasses import dataclass
from typing import Literal

from mkbackend.errors import MkbackendError

State = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Check:
    """The result of one check, with a fix if it is not ok: a command if possible.

    A `note` matters to some users only, or was not checked; `wrong` keeps the project from working, or is unsafe.
    """

    name: str
    state: State
    found: str
    fix: str = ""


def ok(name: str, found: str) -> Check:
    """Return a result that needs no action."""
    return Check(name, "ok", found)


def note(name: str, found: str, fix: str = "") -> Check:
    """Return a result that may be ignored."""
    return Check(name, "note", found, fix)


def wrong(name: str, found: str, fix: str) -> Check:
    """Return a result that must be fixed."""
    return Check(name, "wrong", found, fix)


def unknown(name: str, error: MkbackendError) -> Check:
    """Return the result of a check that failed to run."""
    return note(name, f"could not be checked: {error.message.rstrip('.')}", error.hint)
