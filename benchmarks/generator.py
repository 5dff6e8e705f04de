"""The generator compared with plain Copier; each command runs in its own process, in turn.

mkbackend is laid out as in its wheel, with the same template for both.
"""

import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, Measured, ratio
from benchmarks.processes import ENVIRONMENT, ROOT, run
from mkbackend.template import bundle

FIRST = "v0.1.0"
PYTHON, VERSION, HELP = "python -c pass", "mkbackend --version", "mkbackend --help"
NEW, COPY = "mkbackend new, nothing installed", "copier copy"
UPDATE, COPIER_UPDATE = "mkbackend update", "copier update"
# runs of a short command in each round, of which the median counts
REPEATS = 5
# CPU time in ms
CPU_AIMS = {VERSION: 60.0, HELP: 130.0}
RATIO_AIMS = {(NEW, COPY): 1.1, (UPDATE, COPIER_UPDATE): 0.7}
IDENTITY = "[user]\n\tname = Ada\n\temail = ada@example.com\n"


@dataclass(frozen=True)
class Workshop:
    """The home directory and the projects of the commands."""

    home: Path
    env: dict[str, str]

    def python(self, *words: str | Path) -> None:
        """Run the Python of this process."""
        run(sys.executable, *words, cwd=self.home, **self.env)

    @property
    def source(self) -> Path:
        """The bundle of the template, as recorded by `mkbackend new`."""
        return self.home / ".local" / "share" / "mkbackend" / "template.bundle"


def measure(place: Path, rounds: int) -> Measured:
    """Return the elapsed time and the CPU time of each command in each round."""
    commands = _commands(workshop(place / "generator"))
    measured: Measured = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name in sorted(commands, reverse=bool(number % 2)):
            measured[name].append(commands[name]())
    # The first round compiles the imported modules.
    return {name: taken[1:] for name, taken in measured.items()}


def figures(measured: Measured) -> Iterator[Figure]:
    """Compare elapsed time and CPU time round by round."""
    for name, aim in CPU_AIMS.items():
        mine, least = ([taken["cpu_ms"] for taken in measured[each]] for each in (name, PYTHON))
        yield Figure(f"{name}, CPU", mine, "ms", aim)
        yield ratio(f"{name} / {PYTHON}, CPU", mine, least, None)
    for (ours, theirs), aim in RATIO_AIMS.items():
        for key, what in (("wall_ms", "time"), ("cpu_ms", "CPU")):
            mine, other = ([taken[key] for taken in measured[name]] for name in (ours, theirs))
            yield ratio(f"{ours} / {theirs}, {what}", mine, other, aim)


def workshop(home: Path) -> Workshop:
    """Install mkbackend as a wheel does: sources, changelog and bundle."""
    package = home / "package" / "mkbackend"
    shutil.copytree(ROOT / "src" / "mkbackend", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "CHANGELOG.md", package)
    (package / "template.bundle").write_bytes(bundle.build(ROOT))
    (home / ".gitconfig").write_text(IDENTITY)
    return Workshop(home, {"HOME": str(home), "PYTHONPATH": str(package.parent), "GIT_CONFIG_NOSYSTEM": "1"})


def _commands(shop: Workshop) -> dict[str, Callable[[], dict[str, float]]]:
    """Prepare the projects; return the commands as callables."""
    _forget_uv(shop)
    shop.python("-m", "mkbackend", "new", "warm", "--yes", "--no-install", "--no-git")
    answers = (shop.home / "warm" / ".copier-answers.yml").read_text("utf-8")
    newest = next(line.split()[1] for line in answers.splitlines() if line.startswith("_commit:"))
    copy = ("-m", "copier", "copy", "--defaults", "--quiet", "--data", "project_name=Shop", "--vcs-ref")
    shop.python(*copy, FIRST, shop.source, "old")
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "start")):
        run("git", *command, cwd=shop.home / "old", **shop.env)
    return {
        PYTHON: lambda: _often(shop, "-c", "pass"),
        VERSION: lambda: _often(shop, "-m", "mkbackend", "--version"),
        HELP: lambda: _often(shop, "-m", "mkbackend", "--help"),
        NEW: lambda: _timed(shop, "-m", "mkbackend", "new", "made", "--yes", "--no-install", "--no-git"),
        COPY: lambda: _timed(shop, *copy, newest, shop.source, "made"),
        UPDATE: lambda: _timed(shop, "-m", "mkbackend", "update", "made", start="old"),
        COPIER_UPDATE: lambda: _timed(shop, "-m", "copier", "update", "--defaults", "--quiet", "made", start="old"),
    }


def _forget_uv(shop: Workshop) -> None:
    """Hide uv: mkbackend would lock the dependencies, which Copier does not."""
    fake = shop.home / "bin" / "uv"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nexit 127\n")
    fake.chmod(0o755)
    shop.env["PATH"] = f"{fake.parent}:{ENVIRONMENT['PATH']}"


def _often(shop: Workshop, *words: str) -> dict[str, float]:
    taken = [_timed(shop, *words) for _ in range(REPEATS)]
    return {key: median(each[key] for each in taken) for key in taken[0]}


def _timed(shop: Workshop, *words: str | Path, start: str | None = None) -> dict[str, float]:
    """Time a command that creates the project `made`, or changes it from a fresh copy of `start`."""
    made = shop.home / "made"
    if start:
        shutil.copytree(shop.home / start, made)
    before, began = _cpu_of_children(), time.perf_counter()
    shop.python(*words)
    wall, cpu = time.perf_counter() - began, _cpu_of_children() - before
    shutil.rmtree(made, ignore_errors=True)
    return {"cpu_ms": cpu * 1e3, "wall_ms": wall * 1e3}


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
