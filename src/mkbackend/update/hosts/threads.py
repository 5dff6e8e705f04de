"""Requests and issues of a host: at most one is open for the updates of a project."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

# An invisible comment by which a later run finds a text again: the branch of the project's updates, and the version
_MARK = "<!-- {branch} {version} -->"


@dataclass(frozen=True)
class Text:
    """A title and a body in Markdown, about the update of one project to a version."""

    title: str
    body: str
    branch: str
    version: str

    @property
    def marked(self) -> str:
        """The body with its mark."""
        return f"{self.body.strip()}\n\n{_MARK.format(branch=self.branch, version=self.version)}\n"


@dataclass(frozen=True)
class Thread:
    """A request or issue; `is_declined` if it was closed and not merged."""

    number: int
    url: str
    title: str
    body: str
    is_open: bool
    is_declined: bool = False

    def version(self, branch: str) -> str:
        """Return the version that it is about; empty if it is not about updates of this branch."""
        found = re.search(_MARK.format(branch=re.escape(branch), version=r"(\S+)"), self.body)
        return found[1] if found else ""

    def has(self, text: Text) -> bool:
        """Return whether it has a text; hosts change line ends."""
        return (self.title, self.body.split()) == (text.title, text.marked.split())


class Threads(Protocol):
    """The requests or the issues about the updates of a project."""

    @property
    def kind(self) -> str:
        """Return what a host calls them."""

    def find(self) -> Iterable[Thread]:
        """Return the newest ones, newest first."""

    def open(self, text: Text) -> Thread:
        """Open one."""

    def edit(self, thread: Thread, text: Text) -> Thread:
        """Change the text of one."""


def latest(threads: Threads, branch: str) -> Thread | None:
    """Return the open thread of a branch's updates, else the newest closed one."""
    found = [thread for thread in threads.find() if thread.version(branch)]
    return next((thread for thread in found if thread.is_open), found[0] if found else None)


def is_declined(thread: Thread | None, branch: str, version: str) -> bool:
    """Return whether a person closed the thread about a version, so that it must not be opened again."""
    return bool(thread and thread.is_declined and thread.version(branch) == version)


def publish(threads: Threads, found: Thread | None, text: Text, say: Callable[[str], None]) -> None:
    """Open a thread, or bring the open one up to date."""
    if not (found and found.is_open):
        say(f"Opened the {threads.kind} {threads.open(text).url}")
    elif found.has(text):
        say(f"The {threads.kind} is up to date: {found.url}")
    else:
        say(f"Updated the {threads.kind} {threads.edit(found, text).url}")
