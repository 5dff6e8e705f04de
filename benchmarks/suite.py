"""The generated project's own tests: the time of the whole suite, and of one test over HTTP.

The time of a test is that of its setup, call and teardown, in one process, without the setup of shared fixtures
(PostgreSQL, the migrations).
"""

import json
import time
from pathlib import Path

from benchmarks.figures import Figure, Measured
from benchmarks.processes import ROOT, BenchError, run
from benchmarks.stage import Stage

AIM = 12.0
EACH, ALL = "tests over HTTP", "make test"


def measure(stage: Stage, place: Path, rounds: int) -> tuple[Measured, list[str]]:
    """Return the ms of a test over HTTP in each round and the seconds of the whole suite, and any failure."""
    measured: Measured = {EACH: [_http_tests(stage, place / f"tests{number}.json") for number in range(rounds)]}
    began = time.perf_counter()
    try:
        run("make", "test", cwd=stage.project, TMPDIR=str(place))
    except BenchError as error:
        return measured, [f"{ALL}: {' '.join(str(error).split()[-40:])}"]
    return measured | {ALL: [{"seconds": time.perf_counter() - began}]}, []


def figures(measured: Measured) -> list[Figure]:
    """Return the ms of a test over HTTP."""
    return [Figure("one test over HTTP, mean", [each["ms_each"] for each in measured[EACH]], "ms", AIM)]


def _http_tests(stage: Stage, out: Path) -> dict[str, float]:
    plugin = ("-p", "benchmarks.http_tests", "--http-tests-to", out)
    env = {"PYTHONPATH": str(ROOT), "TMPDIR": str(out.parent)}
    run(stage.python, "-m", "pytest", "--quiet", *plugin, cwd=stage.project, **env)
    return {name: float(value) for name, value in json.loads(out.read_text()).items()}
