"""Time from `mkbackend new` to the first response of `make dev`, with all packages in uv's cache."""

import time
from contextlib import suppress
from pathlib import Path

import httpx

from benchmarks.figures import Figure, Measured
from benchmarks.generator import Workshop, workshop
from benchmarks.processes import BenchError, free_port, run, started, wait_for

AIM = 15.0
WHAT = "mkbackend new, make dev, GET /docs"


def measure(place: Path, rounds: int) -> Measured:
    """Return the seconds of each round; an extra first one fills the cache."""
    cache = run("uv", "cache", "dir", cwd=place).strip()
    shop = workshop(place / "start")
    shop.env["UV_CACHE_DIR"] = cache
    return {WHAT: [_start(shop, f"project{number}") for number in range(rounds + 1)][1:]}


def figures(measured: Measured) -> list[Figure]:
    """Return the time until the first response."""
    return [Figure(f"{WHAT}: the first 200", [taken["first_200_s"] for taken in measured[WHAT]], "s", AIM)]


def _start(shop: Workshop, name: str) -> dict[str, float]:
    port, began, project = free_port(), time.perf_counter(), shop.home / name
    shop.python("-m", "mkbackend", "new", name, "--yes")
    made = time.perf_counter()
    log = shop.home / f"{name}.log"
    with started("make", "dev", cwd=project, log=log, PORT=str(port), **shop.env) as leash:
        if not wait_for(lambda: leash.poll() is not None or _answers(port)) or leash.poll() is not None:
            raise BenchError(f"make dev does not answer:\n{log.read_text(errors='replace')[-3000:]}")
        answered = time.perf_counter()
    # Its PostgreSQL stops by itself, a moment later.
    wait_for(lambda: not list(project.glob(".pgdata/*/data/postmaster.pid")))
    return {"new_s": made - began, "first_200_s": answered - began}


def _answers(port: int) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/docs", trust_env=False).status_code == 200
    return False
