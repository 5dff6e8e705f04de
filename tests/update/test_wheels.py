"""Tests of two installed versions on two machines without a network: one creates a project, the other updates it."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from conftest import ROOT

from mkbackend.system.git import git
from mkbackend.template import bundle

from .conftest import NEW, OLD, Template, numbered, put

# A new network namespace has no network; where that is not allowed, all proxies are invalid.
APART = ("unshare", "--net", "--map-root-user")
NOWHERE = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")


def _can_be_apart() -> bool:
    try:
        return subprocess.run((*APART, "true"), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def build(checkout: Path, place: Path) -> Path:
    """Build a wheel as for a release, and unpack it."""
    command = (sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place))
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = place.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(place / "installed")
    return place / "installed"


@pytest.fixture
def wheels(tmp_path: Path) -> tuple[Path, Path]:
    """Return the unpacked wheels of two commits of a small mkbackend."""
    small = Template(tmp_path / "checkout")
    small.root.mkdir()
    small.git("init", "--quiet", "--initial-branch=main")
    for name in ("copier.yml", "CHANGELOG.md", "hatch_build.py", "LICENSE"):
        shutil.copy(ROOT / name, small.root)
    shutil.copytree(ROOT / "src", small.root / "src", ignore=shutil.ignore_patterns("__pycache__", "*.bundle"))
    small.write({"README.md": "# mkbackend\n", ".gitignore": "__pycache__/\n"})
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (line,) = [line for line in pyproject.splitlines() if line.startswith("version = ")]
    built = []
    for version, files in (("0.1.0", OLD), ("0.2.0", NEW)):
        put(small.root / "template", files)
        small.commit({"pyproject.toml": pyproject.replace(line, f'version = "{version}"')})
        built.append(build(small.root, tmp_path / version))
    shutil.rmtree(small.root)
    return built[0], built[1]


def run(package: Path, home: Path, cwd: Path, *arguments: str) -> str:
    """Run the command of a package with its own home and no network."""
    if not home.exists():
        home.mkdir()
        (home / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.com\n")
    machine = {"HOME": str(home), "USERPROFILE": str(home), "GIT_CONFIG_GLOBAL": str(home / ".gitconfig")}
    env = {**os.environ, **NOWHERE, **machine, "PYTHONPATH": str(package), "UV_OFFLINE": "1"}
    command: Sequence[str] = (sys.executable, "-m", "mkbackend", *arguments)
    command = (*APART, *command) if _can_be_apart() else command
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_project_of_one_version_is_updated_by_the_next(wheels: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = wheels
    for package, versions in ((old, ["v0.1.0"]), (new, ["v0.1.0", "v0.2.0"])):
        assert list(bundle.tags(package / "mkbackend" / "template.bundle")) == versions
        assert (package / "mkbackend" / "CHANGELOG.md").is_file()
    work = tmp_path / "work"
    run(old, tmp_path / "first-home", work, "new", "shop", "--yes", "--no-install")
    put(work / "shop", {"app/both.py": numbered("both", _9="mine = 1")})
    git(
        "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "-am", "mine", cwd=work / "shop"
    )
    shutil.rmtree(tmp_path / "first-home")

    output = run(new, tmp_path / "second-home", work, "update", "shop")
    assert "0.1.0 to 0.2.0, staged, not committed" in output
    assert (work / "shop/app/both.py").read_text() == numbered("both", _3="template = 3", _9="mine = 1")
    output = run(new, tmp_path / "second-home", work, "status", "shop")
    assert "The project is up to date" in output


@pytest.mark.skipif(sys.platform != "linux", reason="needs network namespaces of Linux")
def test_the_tested_commands_have_no_network() -> None:
    # The test above depends on it; skipped where namespaces are not allowed.
    if not _can_be_apart():
        pytest.skip("network namespaces are not allowed here")
    probe = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    done = subprocess.run((*APART, sys.executable, "-c", probe), capture_output=True, text=True, check=False)
    assert "Network is unreachable" in done.stderr
