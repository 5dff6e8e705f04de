"""A PostgreSQL data directory: created, started and stopped."""

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from scripts.postgres.binaries import (
    PostgresError,
    copy_for_all,
    open_to_all,
)

if sys.platform != "win32":
    import pwd

USER = "postgres"


def account(data: Path) -> tuple[int, int] | None:
    """Return the user and group to run PostgreSQL as, since root may not; else None."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    if data.exists():
        owner = data.stat()
        return owner.st_uid, owner.st_gid
    for name in ("postgres", "_postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise PostgresError("PostgreSQL refuses root, and no account 'nobody' exists.")


def is_shut(home: Path) -> bool:
    """Return whether root's substitute account cannot enter here."""
    return account(home / "data") is not None and not open_to_all(home)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_text(text)


class Cluster:
    """A home folder with a data directory, and the programs that serve it."""

    def __init__(self, home: Path, binaries: Path, major: int) -> None:
        self.home, self.data = home, home / "data"
        self._major = major
        self._account = account(self.data)
        self._copied = home / "binaries"
        self._binaries = binaries
        if self._account and not open_to_all(binaries / "postgres"):
            self._binaries = copy_for_all(binaries, self._copied)

    def create(self, password: str, settings: str, *options: str) -> None:
        """Create the data directory, completely or not at all."""
        new, secret = self.home / "new", self.home / "password"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        write_private(secret, password)
        if self._account:
            os.chown(new, *self._account)
            os.chown(secret, *self._account)
        options = (*options, "-A", "scram-sha-256", "--pwfile", str(secret))
        made = any(
            self._run("initdb", new, "-U", USER, "-E", "UTF8", *options, *locale)
            for locale in self._locales()
        )
        secret.unlink()
        if not made:
            raise PostgresError(f"initdb failed.\n{self._log_end()}")
        with (new / "postgresql.conf").open("a") as file:
            file.write(settings)
        new.rename(self.data)

    def _locales(self) -> list[list[str]]:
        if self._major < 17:
            return [["--locale=C"]]
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        # The C library may lack C.UTF-8; the built-in provider covers most of it.
        return [[*builtin, "--locale=C.UTF-8"], [*builtin, "--locale=C"]]

    def start(self, port: int) -> int:
        """Start on this port, or on a free one if it is taken; return the port."""
        (self.home / "log").write_text("")
        for _ in range(5):
            port = _free(port)
            if self._run("pg_ctl", self.data, "start", "-w", "-o", f"-p {port}"):
                return port
            if _free(port) == port:
                break
        raise PostgresError(f"PostgreSQL did not start.\n{self._log_end()}")

    def has_process(self) -> bool:
        """Return whether a process has the pid in the data directory."""
        return self._run("pg_ctl", self.data, "status")

    def stop(self, mode: str) -> None:
        """Stop, `fast` or `immediate` (no checkpoint); remove the copied programs."""
        stopped = self._run("pg_ctl", self.data, "stop", "-w", "-m", mode)
        if not stopped and self.has_process():
            return
        with suppress(ChildProcessError):
            while sys.platform != "win32":
                os.wait()
        shutil.rmtree(self._copied, ignore_errors=True)

    def _run(self, program: str, data: Path, *arguments: str) -> bool:
        identity: dict[str, Any] = {}
        if self._account:
            user, group = self._account
            identity = {"user": user, "group": group, "extra_groups": []}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        # A file, not a pipe: the server keeps it open after pg_ctl exits.
        with (self.home / "log").open("ab") as log:
            done = subprocess.run(
                [str(self._binaries / program), "-D", str(data), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=inherited | {"LC_ALL": "C"},
                cwd=self.home,
                check=False,
                **identity,
            )
        return done.returncode == 0

    def _log_end(self) -> str:
        lines = (self.home / "log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-6:])


def adopt_orphans() -> None:
    """Adopt the server from pg_ctl: not every init process reaps zombies."""
    if sys.platform == "linux":
        set_child_subreaper = 36  # from <linux/prctl.h>
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def _free(port: int) -> int:
    """Return this port if it is free, else a free one. 0 is never free."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            # As PostgreSQL does: closed connections in TIME_WAIT do not block the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
