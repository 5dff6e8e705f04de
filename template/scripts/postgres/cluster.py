"""One PostgreSQL data directory: made, started and stopped."""

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
    """Give the user and group to serve these data, where root asks: it may not."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    if data.exists():
        owner = data.stat()
        return owner.st_uid, owner.st_gid
    for name in ("postgres", "_postgres", "nobody"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise PostgresError("PostgreSQL refuses root, and there is no account 'nobody'.")


def is_shut(home: Path) -> bool:
    """Tell whether root asks, and the account in its place cannot enter."""
    return account(home / "data") is not None and not open_to_all(home)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.touch(mode=0o600)
    path.write_text(text)


class Cluster:
    """A home folder with its data directory, and the programs that serve it."""

    def __init__(self, home: Path, binaries: Path, major: int) -> None:
        self.home, self.data = home, home / "data"
        self._major = major
        self._account = account(self.data)
        self._copied = home / "binaries"
        self._binaries = binaries
        if self._account and not open_to_all(binaries / "postgres"):
            self._binaries = copy_for_all(binaries, self._copied)

    def create(self, password: str, settings: str, *options: str) -> None:
        """Make the data directory, whole or not at all."""
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
        # The C library may not know C.UTF-8; PostgreSQL's own does for most.
        return [[*builtin, "--locale=C.UTF-8"], [*builtin, "--locale=C"]]

    def start(self, port: int) -> int:
        """Start at this port, or at a free one where it is taken; give the port."""
        (self.home / "log").write_text("")
        for _ in range(5):
            port = _free(port)
            if self._run("pg_ctl", self.data, "start", "-w", "-o", f"-p {port}"):
                return port
            if _free(port) == port:
                break
        raise PostgresError(f"PostgreSQL does not start.\n{self._log_end()}")

    def has_process(self) -> bool:
        """Tell whether a process has the number that the data directory names."""
        return self._run("pg_ctl", self.data, "status")

    def stop(self, mode: str) -> None:
        """Stop, `fast` or `immediate` (without saving); drop the copied programs."""
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
        # A file, not a pipe: the server keeps it open when pg_ctl has ended.
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
    """Inherit the server from pg_ctl: not every first process buries the dead."""
    if sys.platform == "linux":
        set_child_subreaper = 36  # from <linux/prctl.h>
        ctypes.CDLL(None).prctl(set_child_subreaper, 1, 0, 0, 0)


def _free(port: int) -> int:
    """Give this port if it is free, else one that is. 0 is never free."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            # As PostgreSQL does: a connection that just ended does not hold it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
