"""Time `mkbackend update` against plain `copier update`, in pairs: `nox -s bench`.

Both bring the same project from the first release to now, from the same bundle, each as a process of its own.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mkbackend import bundle
from mkbackend.system import clean_environment

ROOT = Path(__file__).parents[1]
FIRST = "v0.1.0"
WAYS = {
    "mkbackend update": ("mkbackend", "update"),
    "copier update": ("copier", "update", "--defaults", "--quiet"),
}


def package(place: Path) -> None:
    """Lay out mkbackend as a wheel does: the sources, the changelog and the bundle."""
    shutil.copytree(ROOT / "src" / "mkbackend", place / "mkbackend", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "CHANGELOG.md", place / "mkbackend")
    (place / "mkbackend" / "template.bundle").write_bytes(bundle.build(ROOT))


def timed(way: tuple[str, ...], project: Path, env: dict[str, str]) -> float:
    """Run an update in a fresh copy of the project; return its seconds."""
    copy = project.with_name("copy")
    shutil.copytree(project, copy)
    started = time.perf_counter()
    subprocess.run((sys.executable, "-m", *way), cwd=copy, env=env, check=True, capture_output=True)
    seconds = time.perf_counter() - started
    shutil.rmtree(copy)
    return seconds


def main(pairs: int) -> None:
    """Print each pair, the medians and their ratio."""
    clean_environment()
    with tempfile.TemporaryDirectory(prefix="mkbackend-") as directory:
        place = Path(directory)
        package(place / "package")
        env = {**os.environ, "HOME": str(place), "PYTHONPATH": str(place / "package"), "GIT_CONFIG_NOSYSTEM": "1"}
        (place / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.com\n")
        subprocess.run(
            (sys.executable, "-m", "mkbackend", "new", "warm", "--no-install", "--no-git"),
            cwd=place,
            env=env,
            check=True,
            capture_output=True,
        )
        source = place / ".local/share/mkbackend/template.bundle"
        copy = ("copy", "--defaults", "--quiet", "--vcs-ref", FIRST, "--data", "project_name=Shop")
        subprocess.run((sys.executable, "-m", "copier", *copy, source, place / "shop"), env=env, check=True)
        for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "start")):
            subprocess.run(("git", *command), cwd=place / "shop", env=env, check=True)
        seconds: dict[str, list[float]] = {name: [] for name in WAYS}
        for number in range(pairs):
            for name in sorted(WAYS, reverse=bool(number % 2)):
                seconds[name].append(timed(WAYS[name], place / "shop", env))
            print("  ".join(f"{name} {taken[-1]:.2f} s" for name, taken in seconds.items()), flush=True)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    print("median:", "  ".join(f"{name} {taken:.2f} s" for name, taken in medians.items()))
    print(f"ratio: {medians['copier update'] / medians['mkbackend update']:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
