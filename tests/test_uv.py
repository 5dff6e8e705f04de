"""The choice of a uv: the one of the user, or the one that comes with the command."""

import tomllib
from pathlib import Path

import pytest
import uv
from conftest import ROOT, write_command

from mkbackend import system
from mkbackend.errors import MkbackendError


def put_uv(path: Path, version: str) -> str:
    """Put a uv of a version somewhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_command(path, f"print('uv {version} (a build)')")
    return str(path)


@pytest.mark.parametrize("version", ["0.8.0", "0.13.9", "1.0"])
def test_the_uv_of_the_user_is_taken(machine: Path, tmp_path: Path, version: str) -> None:
    put_uv(machine / "bin" / "uv", version)
    assert Path(system.find_uv(tmp_path)).parent == machine / "bin"


def test_the_uv_that_runs_us_comes_first(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_uv(machine / "bin" / "uv", "0.9")
    monkeypatch.setenv("UV", put_uv(tmp_path / "elsewhere" / "uv", "0.9"))
    assert Path(system.find_uv(tmp_path)).parent == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    "of_the_user", ["raise SystemExit(127)", "print('uv 0.7.22')", "print('uv 0.4.0')", "print('of version unknown')"]
)
def test_where_the_uv_of_the_user_is_too_old_or_does_not_run_the_one_of_mkbackend_is_taken(
    machine: Path, tmp_path: Path, of_the_user: str
) -> None:
    write_command(machine / "bin" / "uv", of_the_user)
    assert system.find_uv(tmp_path) == uv.find_uv_bin()


def test_the_oldest_uv_is_the_one_that_is_installed_with_mkbackend() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"uv>={'.'.join(map(str, system._OLDEST_UV))}" in project["dependencies"]


def test_a_uv_that_was_taken_out_of_the_package_is_named_with_the_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(uv, "find_uv_bin", missing)
    with pytest.raises(MkbackendError, match="uv bundled with mkbackend is missing") as refused:
        system.find_uv(tmp_path)
    assert "Reinstall mkbackend" in refused.value.hint
