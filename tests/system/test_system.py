"""Tests of our git settings: no hook runs, and settings in the environment are kept."""

import os
import shutil
from pathlib import Path

import pytest
from conftest import Checkout, write_command
from typer.testing import CliRunner

from mkbackend import cli
from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.new.room import require_room
from mkbackend.project import repository
from mkbackend.system.environment import clean_environment
from mkbackend.system.git import git
from mkbackend.system.programs import run

posix = pytest.mark.skipif(os.name == "nt", reason="shell scripts")


@pytest.fixture
def foreign(checkout: Checkout, machine: Path) -> Path:
    """Return a repository that git considers another user's."""
    real = shutil.which("git")
    assert real
    claim = "import os, sys; os.environ['GIT_TEST_ASSUME_DIFFERENT_OWNER'] = '1'"
    write_command(machine / "bin" / "git", f"{claim}\nos.execv({real!r}, ['git', *sys.argv[1:]])")
    return checkout.root


def give(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    """Set git settings in the environment, as CI images do."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(settings)))
    for number, (name, value) in enumerate(settings.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", name.replace("_", "."))
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)


def test_git_settings_in_the_environment_are_kept_beside_ours(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, user_name="Grace", credential_helper="", core_hooksPath="/somewhere")
    clean_environment()
    assert git("config", "--get", "user.name") == "Grace"
    assert git("config", "--get", "core.hooksPath") == os.devnull
    assert git("config", "--get", "credential.helper") == ""


def test_other_programs_do_not_get_our_git_settings() -> None:
    assert run("env").decode().count("GIT_CONFIG_COUNT") == 0


@pytest.mark.parametrize("count", ["two", "-1", "1.5"])
def test_an_invalid_git_config_count_is_reported(count: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", count)
    with pytest.raises(BadInputError, match=f"GIT_CONFIG_COUNT is '{count}'"):
        clean_environment()


@posix
def test_a_repository_of_another_owner_is_reported_with_gits_fix(foreign: Path) -> None:
    with pytest.raises(BadInputError, match="belongs to another user") as refused:
        repository.find(foreign)
    assert refused.value.hint == f"If you trust it: git config --global --add safe.directory {foreign}"


@posix
def test_no_project_is_created_in_a_repository_of_another_owner(foreign: Path, tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    (foreign / ".git").rename(tmp_path / "place" / ".git")
    with pytest.raises(BadInputError, match="belongs to another user"):
        require_room(tmp_path / "place")


@posix
@pytest.mark.parametrize("command", ["update", "status"])
def test_a_command_does_not_suggest_git_init_for_another_owners_repository(
    foreign: Path, command: str, machine: Path
) -> None:
    (foreign / ".copier-answers.yml").write_text("_src_path: x\n_commit: v1\n")
    result = CliRunner().invoke(cli.app, [command, str(foreign)])
    assert result.exit_code
    assert "git init" not in result.output


@posix
def test_a_repository_declared_safe_in_the_environment_is_used(foreign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, safe_directory=str(foreign))
    clean_environment()
    assert repository.find(foreign).top == foreign


def test_an_unreadable_repository_gets_no_suggestion_to_create_one(checkout: Checkout) -> None:
    (checkout.root / ".git" / "config").write_text("[core\n")
    with pytest.raises(MkbackendError, match="config") as refused:
        repository.find(checkout.root)
    assert refused.value.hint == "Check the repository: git status"
