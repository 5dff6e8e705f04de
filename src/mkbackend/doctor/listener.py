"""The process that listens on a port: known on Linux, for the user's own processes."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_LISTENS = "0A"


@dataclass(frozen=True)
class Listener:
    """A process and its working directory."""

    number: int
    name: str
    folder: Path


def find(port: int) -> Listener | None:
    """Return the process that listens on a port; None if there is none, or it is unknown."""
    if sockets := _sockets(port):
        for process in _PROC.glob("[0-9]*"):
            with suppress(OSError):  # a process of another user, or ended
                if any(_link(handle) in sockets for handle in (process / "fd").iterdir()):
                    return Listener(
                        int(process.name), (process / "comm").read_text().strip(), (process / "cwd").resolve()
                    )
    return None


def _sockets(port: int) -> set[str]:
    """Return the listening sockets of a port, named as in /proc/PID/fd."""
    found = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text().splitlines()[1:]:
                _, local, _, state, *rest = line.split()
                if state == _LISTENS and int(local.rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{rest[5]}]")
    return found


def _link(handle: Path) -> str:
    with suppress(OSError):
        return os.readlink(handle)  # noqa: PTH115  # the target is not a path
    return ""
