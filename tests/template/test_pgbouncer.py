"""Test that runs the service's own tests through a real PgBouncer in transaction mode."""

import os
import re
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from combinations import FULL

from .conftest import ENVIRONMENT, run, wait_for

# Every client becomes the server's user.
CONFIG = """
[databases]
* = host={server.hostname} port={server.port} user={server.username} password={server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 500
"""


# By file, the number of skipped tests: they need their own PostgreSQL connection or its password. 0: the whole file.
SKIPPED = {
    "test_broken_connections": 0,
    "test_database_url": 0,
    "test_failover": 0,
    "test_outages": 1,
    "test_reading": 2,
    "test_schema_changes": 0,
}

LINE = re.compile(r"^SKIPPED \[(\d+)\] tests/integration/(?:kit/)?(\w+)\.py:\d+: through PgBouncer$", re.MULTILINE)


@pytest.fixture
def pgbouncer(server: str, scratch: Path) -> Iterator[str]:
    """Start a PgBouncer in front of the server; yield its URL."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "pgbouncer is not installed"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = scratch / "pgbouncer.ini"
    config.write_text(CONFIG.format(server=urlsplit(server), port=port))
    # It refuses to run as root.
    user = "nobody" if os.geteuid() == 0 else None
    with subprocess.Popen((program, "--quiet", config), user=user, env=ENVIRONMENT) as process:
        try:
            assert wait_for(lambda: process.poll() is not None or _listens(port))
            yield urlsplit(server)._replace(netloc=f"any:any@127.0.0.1:{port}").geturl()
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.skipif(not FULL, reason="nox -s full")
def test_the_service_works_with_pgbouncer_in_transaction_mode(
    pgbouncer: str, installed: Path, python: Path, scratch: Path
) -> None:
    command = (python, "-m", "pytest", "-q", "-rs", "-n2", "-pno:cacheprovider", "tests/integration")
    env = {"TEST_DATABASE_URL": pgbouncer, "TEST_PGBOUNCER": "true", "TMPDIR": str(scratch)}
    output = run(*command, cwd=installed, **env)
    assert skipped(output) == SKIPPED


def skipped(output: str) -> dict[str, int]:
    """Return the number of skipped tests of each file; 0 for files that are skipped as a whole."""
    found: Counter[str] = Counter()
    for count, name in LINE.findall(output):
        found[name] += int(count)
    assert output.count("SKIPPED [") == output.count(": through PgBouncer")
    return {name: found[name] if SKIPPED.get(name) else 0 for name in found}
