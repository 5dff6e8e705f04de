"""The build: the wheel and the sdist carry the template's history, and no release is built without it."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, Checkout

from mkbackend import bundle


@pytest.fixture
def buildable(checkout: Checkout) -> Checkout:
    """A small checkout that hatchling can build."""
    shutil.copy(ROOT / "hatch_build.py", checkout.root)
    checkout.commit({name: (ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "LICENSE")})
    checkout.commit({"README.md": "# mkbackend\n", ".gitignore": "dist/\n__pycache__/\n"})
    return checkout


def build(root: Path, target: str) -> Path:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-m", "hatchling", "build", "-t", target]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return next((root / "dist").glob("*.whl" if target == "wheel" else "*.tar.gz"))


def shipped(wheel: Path) -> bytes:
    return zipfile.ZipFile(wheel).read("mkbackend/template.bundle")


def test_a_wheel_and_an_sdist_carry_the_same_history(buildable: Checkout, tmp_path: Path) -> None:
    expected = bundle.build(buildable.root)
    assert shipped(build(buildable.root, "wheel")) == expected
    with tarfile.open(build(buildable.root, "sdist")) as sdist:
        sdist.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    assert not (unpacked / ".git").exists()
    assert shipped(build(unpacked, "wheel")) == expected


def test_an_editable_install_reads_the_checkout_instead(buildable: Checkout) -> None:
    script = "from hatchling.build import build_editable; build_editable('dist')"
    subprocess.run([sys.executable, "-c", script], cwd=buildable.root, check=True, capture_output=True)
    (wheel,) = (buildable.root / "dist").glob("*.whl")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".bundle")]


def test_a_shallow_clone_builds_no_release(buildable: Checkout, tmp_path: Path) -> None:
    buildable.git("clone", "--quiet", "--depth=1", buildable.root.as_uri(), str(tmp_path / "shallow"))
    with pytest.raises(RuntimeError, match="shallow clone"):
        build(tmp_path / "shallow", "wheel")


def test_an_archive_without_git_builds_no_release(buildable: Checkout) -> None:
    shutil.move(buildable.root / ".git", buildable.root.parent / "away")
    with pytest.raises(RuntimeError, match="no git clone"):
        build(buildable.root, "wheel")
