"""The generated service compared with L3A on a PostgreSQL with fsync, whose data are on a disk."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.contestants import OURS, REFERENCE, limit, ours
from benchmarks.figures import Figure, Measured
from benchmarks.processes import BenchError, run
from benchmarks.servers import OPERATIONS
from benchmarks.stage import Stage, filled, postgres
from benchmarks.turns import measure_plans, ratios

# Kept over a restart, so on a disk, where /tmp may be memory.
PARENT = Path("/var/tmp")  # noqa: S108  # the folder there has its own random name
MEMORY = {"tmpfs", "ramfs"}


def measure(stage: Stage, place: Path, rounds: int, seconds: int) -> dict[str, Measured]:
    """Return the results of both servers for each operation in each round."""
    require_disk(PARENT)
    with tempfile.TemporaryDirectory(prefix="mkbackend-disk-", dir=PARENT) as directory:
        # When root starts PostgreSQL, it runs as another user.
        Path(directory).chmod(0o755)
        with postgres(stage.project, stage.python, place, Path(directory)) as url:
            own = filled(stage.project, stage.python, url)
            if (fsync := own.ask("SHOW fsync")) != [["on"]]:
                raise BenchError(f"PostgreSQL runs with fsync {fsync}, expected on.")
            return measure_plans([ours(own), limit(REFERENCE, own)], place, rounds, seconds, OPERATIONS)


def figures(details: dict[str, Measured]) -> Iterator[Figure]:
    """Compare the CPU time of both servers for one request, and the median of their responses."""
    yield from ratios(details, OURS, note=", on a disk")
    yield from ratios(details, OURS, "p50_ms", ", on a disk, p50")


def require_disk(directory: Path) -> None:
    """Require that a folder is not in memory.

    Raises:
        BenchError: it is.
    """
    kind = run("stat", "--file-system", "--format", "%T", directory, cwd=directory).strip()
    if kind in MEMORY:
        raise BenchError(f"{directory} is in memory ({kind}): this part needs it on a disk.")
