"""Requests and issues of a host: at most one is open for the updates of a project."""

import re
from collections.abc import Iterable
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


@dataclass(frozen=True)
class Result:
    """The outcome of a run, for programs and for people; `kind` and `url` are those of the thread, if there is one.

    `action` is opened, updated or unchanged; closed if a person has closed the thread; changed if the branch has
    commits of others; nothing if there is nothing to propose.
    """

    action: str
    text: str
    kind: str = ""
    url: str = ""


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


def declined(threads: Threads, found: Thread | None, branch: str, version: str) -> Result | None:
    """Return the result if a person closed the thread about a version, so that it must not be opened again."""
    if not (found and found.is_declined and found.version(branch) == version):
        return None
    text = f"The {threads.kind} about {version} was closed, so it is not opened again."
    return Result("closed", text, threads.kind, found.url)


def publish(threads: Threads, found: Thread | None, text: Text) -> Result:
    """Open a thread, or bring the open one up to date."""
    kind = threads.kind
    if not (found and found.is_open):
        url = threads.open(text).url
        return Result("opened", f"Opened the {kind} {url}", kind, url)
    if found.has(text):
        return Result("unchanged", f"The {kind} is up to date: {found.url}", kind, found.url)
    url = threads.edit(found, text).url
    return Result("updated", f"Updated the {kind} {url}", kind, url)
