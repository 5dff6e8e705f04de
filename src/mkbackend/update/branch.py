"""The branch of a proposed update: one commit on top of the pipeline's, pushed without touching the work tree."""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mkbackend.errors import MkbackendError
from mkbackend.project.repository import Repository
from mkbackend.system.environment import git_environment
from mkbackend.system.programs import run
from mkbackend.system.uv import find_uv
from mkbackend.update.hosts.api import Token
from mkbackend.update.trees import NOBODY

_TIP = "refs/mkbackend/tip"
_REFUSED = re.compile(r"\b40[134]\b|denied|remote rejected|could not read (Username|Password)", re.IGNORECASE)


@dataclass(frozen=True)
class Remote:
    """A branch of the repository at an address, reached with a token; `fix` has the permissions that it needs."""

    url: str
    branch: str
    user: str
    token: Token
    fix: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which git sends the token to this address only, and no other credentials."""
        secret = base64.b64encode(f"{self.user}:{self.token.value}".encode()).decode()
        header = f"http.{self.url}.extraHeader"
        settings = [
            (header, ""),  # forgets those of the checkout: two are refused
            (header, f"Authorization: Basic {secret}"),
            (f"http.{self.url}.followRedirects", "false"),
            ("credential.helper", ""),
        ]
        variables = git_environment()
        first = int(variables["GIT_CONFIG_COUNT"])
        for number, (name, value) in enumerate(settings, start=first):
            variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        return variables | {"GIT_CONFIG_COUNT": str(first + len(settings))}

    def git(self, place: Repository, *args: str) -> str:
        """Run a git command that connects to the repository; raise MkbackendError with the missing permission."""
        try:
            return place.git(*args, env=self.environment)
        except MkbackendError as error:
            message = error.message.replace(self.token.value, "***")
            raise MkbackendError(message, self.fix if _REFUSED.search(message) else error.hint) from error


def name_of(repo: Repository) -> str:
    """Return the name of the branch for the updates of a project; several in one repository have one each."""
    place = re.sub(r"[^A-Za-z0-9]+", "-", repo.prefix).strip("-")
    return f"mkbackend/update-{place}" if place else "mkbackend/update"


def is_unchanged(trial: Repository) -> bool:
    """Return whether the update changes no file, as where all slices that are behind are skipped."""
    return trial.git("write-tree") == trial.git("rev-parse", "HEAD^{tree}")


def lock(trial: Repository) -> None:
    """Bring uv.lock up to date; nothing is built, as a build runs code of packages beside the token."""
    run(find_uv(trial.project), "lock", "--quiet", "--no-build", cwd=trial.project)
    trial.git("add", "--force", "--", f"{trial.prefix}uv.lock", apart=True)


def leave_out(trial: Repository, folder: str) -> str:
    """Take the changes of a folder out of the update, and return them as a patch; empty if there are none."""
    options = ("--no-ext-diff", "--no-textconv", "--no-renames")
    patch = trial.git("diff", "--cached", *options, "HEAD", "--", folder)
    if patch:
        trial.git("reset", "--quiet", "HEAD", "--", folder)
    return f"{patch}\n" if patch else ""


def push(trial: Repository, remote: Remote, message: str) -> bool:
    """Push the update as one commit; return False if a person has changed the branch, which then stays as it is."""
    tip = _tip(trial, remote)
    tree = trial.git("write-tree")
    if tip and not _is_ours(trial):
        return False
    if tip and trial.git("rev-parse", f"{tip}^{{tree}}", f"{tip}^") == f"{tree}\n{trial.git('rev-parse', 'HEAD')}":
        return True
    commit = trial.git("commit-tree", tree, "-p", "HEAD", "-m", message, env=_identity())
    ref = f"refs/heads/{remote.branch}"
    remote.git(trial, "push", "--quiet", f"--force-with-lease={ref}:{tip}", remote.url, f"{commit}:{ref}")
    return True


def _tip(trial: Repository, remote: Remote) -> str:
    """Fetch the branch and return its commit; empty if it does not exist."""
    ref = f"refs/heads/{remote.branch}"
    if not remote.git(trial, "ls-remote", remote.url, ref):
        return ""
    remote.git(trial, "fetch", "--quiet", "--no-tags", remote.url, f"+{ref}:{_TIP}")
    return trial.git("rev-parse", _TIP)


def _is_ours(trial: Repository) -> bool:
    """Return whether we made the last commit of the branch."""
    identity = _identity()
    ours = f"{identity['GIT_COMMITTER_NAME']}\n{identity['GIT_COMMITTER_EMAIL']}"
    return trial.git("show", "--no-patch", "--format=%cn%n%ce", _TIP) == ours


def _identity() -> Mapping[str, str]:
    """Return the author and the committer: ours, except what the variables of the pipeline say."""
    names = [name for name in NOBODY if not name.endswith("DATE")]
    return {name: os.environ.get(name) or NOBODY[name] for name in names}
