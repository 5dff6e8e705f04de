"""The settings that git gets from us: no hook runs, and what the environment gives counts."""

import os
import shutil
from pathlib import Path

import pytest
from conftest import Checkout, write_command
from typer.testing import CliRunner

from mkbackend import cli, repository, stage
from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.system import clean_environment, git, run

posix = pytest.mark.skipif(os.name == "nt", reason="shell scripts")


@pytest.fixture
def foreign(checkout: Checkout, machine: Path) -> Path:
    """A repository that git takes for another user's."""
    real = shutil.which("git")
    assert real
    claim = "import os, sys; os.environ['GIT_TEST_ASSUME_DIFFERENT_OWNER'] = '1'"
    write_command(machine / "bin" / "git", f"{claim}\nos.execv({real!r}, ['git', *sys.argv[1:]])")
    return checkout.root


def give(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    """Give git settings in the environment, as images for CI do."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(settings)))
    for number, (name, value) in enumerate(settings.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", name.replace("_", "."))
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)


def test_settings_of_the_environment_count_beside_ours(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, user_name="Grace", credential_helper="", core_hooksPath="/somewhere")
    clean_environment()
    assert git("config", "--get", "user.name") == "Grace"
    assert git("config", "--get", "core.hooksPath") == os.devnull
    assert git("config", "--get", "credential.helper") == ""


def test_other_programs_get_none_of_our_settings() -> None:
    assert run("env").decode().count("GIT_CONFIG_COUNT") == 0


@pytest.mark.parametrize("count", ["two", "-1", "1.5"])
def test_a_count_that_is_no_number_is_named(count: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", count)
    with pytest.raises(BadInputError, match=f"GIT_CONFIG_COUNT is '{count}'"):
        clean_environment()


@posix
def test_a_repository_of_another_owner_is_named_with_the_fix_of_git(foreign: Path) -> None:
    with pytest.raises(BadInputError, match="belongs to another user") as refused:
        repository.find(foreign)
    assert refused.value.hint == f"If you trust it: git config --global --add safe.directory {foreign}"


@posix
def test_a_repository_of_another_owner_is_no_place_for_a_project(foreign: Path, tmp_path: Path) -> None:
    (tmp_path / "place").mkdir()
    (foreign / ".git").rename(tmp_path / "place" / ".git")
    with pytest.raises(BadInputError, match="belongs to another user"):
        stage.require_room(tmp_path / "place")


@posix
@pytest.mark.parametrize("command", ["update", "status"])
def test_a_command_names_the_fix_of_git(foreign: Path, command: str, machine: Path) -> None:
    (foreign / ".copier-answers.yml").write_text("_src_path: x\n_commit: v1\n")
    result = CliRunner().invoke(cli.app, [command, str(foreign)])
    assert result.exit_code
    assert "git init" not in result.output


@posix
def test_a_repository_that_the_environment_declares_safe_is_used(
    foreign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(monkeypatch, safe_directory=str(foreign))
    clean_environment()
    assert repository.find(foreign).top == foreign


def test_a_repository_that_git_cannot_read_is_not_to_be_made_anew(checkout: Checkout) -> None:
    (checkout.root / ".git" / "config").write_text("[core\n")
    with pytest.raises(MkbackendError, match="config") as refused:
        repository.find(checkout.root)
    assert refused.value.hint == "Check the repository: git status"
