"""Tests of the choice of uv: the user's, or the one installed with mkbackend."""

import tomllib
from pathlib import Path

import pytest
import uv
from conftest import ROOT, write_command

from mkbackend.errors import MkbackendError
from mkbackend.system.uv import _OLDEST_UV, find_uv


def put_uv(path: Path, version: str) -> str:
    """Install a fake uv of a version at a path; return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_command(path, f"print('uv {version} (a build)')")
    return str(path)


@pytest.mark.parametrize("version", ["0.8.0", "0.13.9", "1.0"])
def test_the_users_uv_is_used(machine: Path, tmp_path: Path, version: str) -> None:
    put_uv(machine / "bin" / "uv", version)
    assert Path(find_uv(tmp_path)).parent == machine / "bin"


def test_the_uv_that_runs_mkbackend_comes_first(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_uv(machine / "bin" / "uv", "0.9")
    monkeypatch.setenv("UV", put_uv(tmp_path / "elsewhere" / "uv", "0.9"))
    assert Path(find_uv(tmp_path)).parent == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    "of_the_user", ["raise SystemExit(127)", "print('uv 0.7.22')", "print('uv 0.4.0')", "print('of version unknown')"]
)
def test_if_the_users_uv_is_too_old_or_broken_the_bundled_one_is_used(
    machine: Path, tmp_path: Path, of_the_user: str
) -> None:
    write_command(machine / "bin" / "uv", of_the_user)
    assert find_uv(tmp_path) == uv.find_uv_bin()


def test_the_oldest_accepted_uv_is_the_required_minimum() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"uv>={'.'.join(map(str, _OLDEST_UV))}" in project["dependencies"]


def test_a_missing_bundled_uv_is_reported_with_a_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(uv, "find_uv_bin", missing)
    with pytest.raises(MkbackendError, match="uv bundled with mkbackend is missing") as refused:
        find_uv(tmp_path)
    assert "Reinstall mkbackend" in refused.value.hint
