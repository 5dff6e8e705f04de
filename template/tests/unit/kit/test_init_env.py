"""The `.env` of a new clone."""

import shutil
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values

from app.core.config import get_settings
from scripts.init_env import SECRETS, write_env


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(".env.example", tmp_path)
    return tmp_path


def test_env_has_every_secret_and_mode_0600(project: Path) -> None:
    assert write_env(project)
    values = dotenv_values(project / ".env")
    assert all(len(values[name] or "") == 64 for name in SECRETS)
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600


def test_the_service_reads_the_new_env(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_env(project)
    monkeypatch.chdir(project)
    assert get_settings().ENVIRONMENT == "development"


def test_two_projects_have_different_secrets(project: Path) -> None:
    write_env(project)
    first = (project / ".env").read_text()
    (project / ".env").unlink()
    write_env(project)
    assert (project / ".env").read_text() != first


def test_an_existing_env_is_kept(project: Path) -> None:
    (project / ".env").write_text("MINE=1")
    assert not write_env(project)
    assert (project / ".env").read_text() == "MINE=1"
