"""Latency of the health check, alone and while four clients register, which hashes passwords."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from benchmarks.contestants import REGISTER, ours, register_at
from benchmarks.figures import TIMES, Figure, Measured
from benchmarks.load import Request, client_at, load
from benchmarks.processes import free_port, started
from benchmarks.servers import Server, serving
from benchmarks.stage import Stage

AIM = 3.0
IDLE, BUSY = "GET /health, alone", "GET /health, while four register"
# ms between requests, so that the probe adds no load
PAUSE = 20
# more than can be hashed in the time
ACCOUNTS = 5_000


def measure(stage: Stage, place: Path, rounds: int, seconds: int) -> Measured:
    """Return the latencies of each round."""
    measured: Measured = {IDLE: [], BUSY: []}
    with _mailbox(stage, place) as port, serving(ours(stage, SMTP_PORT=str(port), SMTP_TLS="off"), place) as server:
        _probe(server, 1)
        for number in range(rounds):
            measured[IDLE].append(_probe(server, seconds))
            with _registering(server, number, seconds + 2):
                time.sleep(1)
                measured[BUSY].append(_probe(server, seconds))
    return measured


def figures(measured: Measured) -> list[Figure]:
    """Return the ratio of each round."""
    pairs = zip(measured[BUSY], measured[IDLE], strict=True)
    return [
        Figure(
            "GET /health, p50: while four register / alone", [a["p50_ms"] / b["p50_ms"] for a, b in pairs], TIMES, AIM
        )
    ]


def _probe(server: Server, seconds: int) -> dict[str, float]:
    request = Request("GET", "/api/v1/health").raw(server.port, {})
    done = load(server.port, [request], seconds, connections=1, pause=PAUSE)
    return {"p50_ms": done.p50_ms, "p99_ms": done.p99_ms}


@contextmanager
def _registering(server: Server, number: int, seconds: int) -> Iterator[None]:
    """Register accounts with four clients during the block, each account from its own address."""
    requests = [_registration(server.port, f"{number}-{person}", person) for person in range(ACCOUNTS)]
    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(load, server.port, requests, seconds)
        yield
        done.result()


def _registration(port: int, name: str, person: int) -> bytes:
    return register_at(REGISTER)(f"new-{name}").raw(port, client_at(person))


@contextmanager
def _mailbox(stage: Stage, place: Path) -> Iterator[int]:
    """Run an SMTP server that discards the verification mails; yield its port."""
    port = free_port()
    command = (stage.python, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink")
    with started(*command, cwd=place, log=place / "mail.log"):
        yield port
