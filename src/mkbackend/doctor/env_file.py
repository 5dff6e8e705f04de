"""Checks of the `.env` file: present, UTF-8, readable by its owner only, ignored by git."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from mkbackend.doctor.checks import Check, note, ok, wrong
from mkbackend.errors import MkbackendError
from mkbackend.system.git import git

_PORT = re.compile(r"^\s*(?:export\s+)?PORT\s*=\s*['\"]?(\d{1,5})\b", re.MULTILINE)
_MAKE = f"{'python' if os.name == 'nt' else 'python3'} scripts/init_env.py"


def look(project: Path, starts: bool) -> Iterator[Check]:
    """Check the file; it may be missing if the service `starts` with settings from the environment."""
    env = project / ".env"
    if not env.is_file():
        found = "is missing; the environment has all required settings"
        yield ok(".env", found) if starts else wrong(".env", "is missing", _MAKE)
        return
    faults = list(filter(None, (_open(env), _encoded(env), _known_to_git(project))))
    yield from faults or [ok(".env", "is readable by its owner only")]


def port(project: Path) -> int:
    """Return PORT from the environment or .env, for a service that cannot be probed."""
    try:
        text = (project / ".env").read_text(encoding="utf-8")
    except (OSError, ValueError):
        text = ""
    found = _PORT.search(f"PORT={os.environ.get('PORT', '')}") or _PORT.search(text)
    return int(found[1]) if found else 8000


def _open(env: Path) -> Check | None:
    mode = env.stat().st_mode & 0o777
    if os.name == "nt" or not mode & 0o077:
        return None
    return wrong(".env", f"can be read by other accounts (mode {mode:04o})", "chmod 600 .env")


def _encoded(env: Path) -> Check | None:
    """Report another encoding than UTF-8, such as the UTF-16 of `>` in PowerShell 5."""
    content = env.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError:
        content = b"\0"
    return wrong(".env", "is not UTF-8", "Save it as UTF-8.") if b"\0" in content else None


def _known_to_git(project: Path) -> Check | None:
    """Report a file that is committed, or would be by the next `git add --all`."""
    try:
        if git("ls-files", ".env", cwd=project):
            found = "is tracked by git: also replace its secrets, which stay in the history"
            return wrong(".env", found, "git rm --cached .env")
        git("rev-parse", "--is-inside-work-tree", cwd=project)
    except MkbackendError:  # no git, or no repository
        return None
    try:
        git("check-ignore", "--quiet", ".env", cwd=project)
    except MkbackendError:
        return note(".env", "is not ignored by git: the next `git add --all` adds it", "echo .env >> .gitignore")
    return None
