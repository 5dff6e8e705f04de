"""The bundle of the template in the user's home, to which each mkbackend adds its versions."""

import sys
from pathlib import Path
from typing import IO

from mkbackend.errors import MkbackendError
from mkbackend.template import bundle

# Recorded in projects, so the same on every machine: plain `copier update` expands it.
HOME_BUNDLE = "~/.local/share/mkbackend/template.bundle"


def add_versions(own: Path) -> None:
    """Add the versions of our bundle to the one in the user's home; versions are never removed."""
    try:
        home = Path(HOME_BUNDLE).expanduser()
        home.parent.mkdir(parents=True, exist_ok=True)
        with home.with_suffix(".lock").open("a+b") as lock:
            _wait_for(lock)
            known = _known(home)
            if bundle.tags(own).items() <= known.items():
                return
            fresh = home.with_suffix(".new")
            fresh.write_bytes(bundle.union(home, own) if known else own.read_bytes())
            fresh.replace(home)
    except (OSError, RuntimeError) as error:
        raise MkbackendError(
            f"Cannot store the template in {HOME_BUNDLE}: {error}", hint="Set HOME to a writable directory."
        ) from error


def _known(home: Path) -> dict[str, str]:
    """Return the versions in the bundle in the user's home; move a damaged bundle aside."""
    try:
        return bundle.tags(home)
    except FileNotFoundError:
        return {}
    except MkbackendError:
        home.replace(home.with_suffix(".damaged"))
        return {}


def is_whole(path: Path) -> bool:
    """Return whether a bundle exists and can be read."""
    try:
        bundle.tags(path)
    except (OSError, MkbackendError):
        return False
    return True


def _wait_for(lock: IO[bytes]) -> None:
    """Lock a file until it is closed, so that concurrent runs keep each other's versions."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX)
