"""Tests of the last steps of `new`. Each may fail without losing the project."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import write_command

from mkbackend.errors import MkbackendError
from mkbackend.new import finish
from mkbackend.system.environment import clean_environment

ANSWERS = {"project_name": "My App", "author_name": "Grace Hopper", "author_email": "grace@example.com"}
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
FAKE_UV = """
import json, os, sys
if "--version" in sys.argv:
    print("uv 1.0")
else:
    with open({log!r}, "a") as log:
        log.write(json.dumps(sys.argv[1:]) + "\\n")
    if {failure!r}:
        sys.exit({failure!r})
    print("done")
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = tmp_path / "stage" / "shop"
    (made / "app").mkdir(parents=True)
    (made / "app" / "__init__.py").touch()
    (made / ".gitignore").write_text(".env\n")
    (made / ".env").write_text("SECRET=1")
    return made


def log(project: Path, form: str) -> str:
    shown = subprocess.run(["git", "log", f"--format={form}"], cwd=project, check=True, capture_output=True, text=True)
    return shown.stdout.strip()


def commit(project: Path, target: Path | None = None, **answers: str) -> str:
    clean_environment()
    return finish.commit(project, target or project.parent.parent / "shop", {**ANSWERS, **answers})


def fake_uv(machine: Path, failure: str = "") -> Path:
    record = machine / "uv.log"
    write_command(machine / "bin" / "uv", FAKE_UV.format(log=str(record), failure=failure))
    return record


def calls(record: Path) -> list[list[str]]:
    return [json.loads(line) for line in record.read_text().splitlines()]


def test_the_first_commit_has_the_users_identity_and_every_file_but_the_secrets(project: Path) -> None:
    assert commit(project) == ""
    assert log(project, "%an <%ae>|%s") == "Ada Lovelace <ada@example.com>|Start My App with mkbackend"
    files = subprocess.run(["git", "ls-files"], cwd=project, check=True, capture_output=True, text=True).stdout
    assert files.split() == [".gitignore", "app/__init__.py"]
    branch = subprocess.run(["git", "symbolic-ref", "HEAD"], cwd=project, check=True, capture_output=True, text=True)
    assert branch.stdout.strip() == "refs/heads/main"


@pytest.mark.parametrize(
    ("answers", "author"),
    [
        ({}, "Grace Hopper <grace@example.com>"),
        ({"author_name": "", "author_email": ""}, "mkbackend <mkbackend@localhost>"),
        ({"author_name": " <>.,;\n"}, "mkbackend <grace@example.com>"),
        ({"author_name": "Gr\nace <x>"}, "Gr ace x"),
        ({"author_name": "😀 שלום"}, "😀 שלום"),
    ],
)
def test_without_a_git_identity_the_commit_uses_the_author_and_warns(
    project: Path, machine: Path, answers: dict[str, str], author: str
) -> None:
    (machine / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    output = commit(project, None, **answers)
    assert "git has no user.name and user.email" in output
    assert " ".join(log(project, "%an <%ae>").split()).startswith(author)
    assert "user" not in (project / ".git" / "config").read_text()


def test_no_git_setting_of_the_user_prevents_the_commit(project: Path, machine: Path) -> None:
    hooks = machine / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "commit-msg", "prepare-commit-msg", "post-commit"):
        write_command(hooks / name, "raise SystemExit('refused by a hook')")
    (machine / "ignore").write_text("app/\n.gitignore\n")
    (machine / ".gitconfig").write_text(
        f"[user]\n\tname = A\n\temail = a@b.c\n[commit]\n\tgpgSign = true\n\ttemplate = /none\n"
        "[gpg]\n\tprogram = /none\n"
        f"[core]\n\thooksPath = {hooks.as_posix()}\n\texcludesFile = {(machine / 'ignore').as_posix()}\n"
        "\tautocrlf = true\n\tsafecrlf = true\n\tfsmonitor = true\n[init]\n\tdefaultBranch = trunk\n"
    )
    assert commit(project) == ""
    assert log(project, "%an") == "A"


def test_variables_of_a_git_hook_do_not_affect_the_commit(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "nonsense")
    commit(project)
    assert log(project, "%an") == "Ada Lovelace"
    assert not (tmp_path / "elsewhere").exists()


def test_an_identity_in_the_environment_is_used(project: Path, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / ".gitconfig").write_text("")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "CI")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ci@example.com")
    assert commit(project) == ""
    assert log(project, "%an <%ae>") == "CI <ci@example.com>"


def test_a_clone_keeps_its_remote_and_its_branch(project: Path, tmp_path: Path) -> None:
    clone = tmp_path / "shop"
    subprocess.run(["git", "init", "--quiet", "--initial-branch=trunk", str(clone)], check=True)
    subprocess.run(["git", "remote", "add", "origin", "ssh://somewhere/shop"], cwd=clone, check=True)
    commit(project, clone)
    config = (project / ".git" / "config").read_text()
    assert "ssh://somewhere/shop" in config
    assert log(project, "%D") == "HEAD -> trunk"


def test_the_authors_name_and_address_come_from_git(machine: Path) -> None:
    assert finish.guess_author() == {"author_name": "Ada Lovelace", "author_email": "ada@example.com"}
    (machine / ".gitconfig").write_text("")
    assert finish.guess_author() == {}


def test_without_the_recommended_python_the_running_one_is_used(machine: Path) -> None:
    fake_uv(machine, failure="error: no interpreter found")
    assert finish.guess_python(VERSION) == {}
    assert finish.guess_python("3.99") == {"python_version": VERSION}
    fake_uv(machine)
    assert finish.guess_python("3.99") == {}


def test_the_projects_own_script_writes_its_secrets(project: Path) -> None:
    (project / "scripts").mkdir()
    (project / "scripts" / "init_env.py").write_text(
        "import os, pathlib\npathlib.Path('.env').write_text('KEY=made')\nos.chmod('.env', 0o600)\n"
    )
    finish.write_env(project)
    assert (project / ".env").read_text() == "KEY=made"
    assert os.name == "nt" or stat.S_IMODE((project / ".env").stat().st_mode) == 0o600


def test_a_failed_script_is_reported_with_its_output_and_the_retry(project: Path) -> None:
    (project / "scripts").mkdir()
    (project / "scripts" / "init_env.py").write_text("raise SystemExit('no room')")
    with pytest.raises(MkbackendError, match="no room") as failed:
        finish.write_env(project)
    assert failed.value.hint == "python scripts/init_env.py"


def test_uv_locks_and_installs(project: Path, machine: Path) -> None:
    record = fake_uv(machine)
    finish.lock(project)
    finish.install(project, VERSION)
    lock, sync = calls(record)
    assert lock[:3] == ["--quiet", "lock", "--python"]
    assert sync[:3] == ["--quiet", "sync", "--python"]


def test_a_failed_uv_is_reported_with_its_output_and_the_retry(project: Path, machine: Path) -> None:
    fake_uv(machine, failure="error: no network")
    with pytest.raises(MkbackendError, match="no network") as failed:
        finish.lock(project)
    assert failed.value.hint == "make install"
    with pytest.raises(MkbackendError, match="no network") as failed:
        finish.install(project, VERSION)
    assert failed.value.hint == "make install"


def test_uv_may_install_a_missing_python(project: Path, machine: Path) -> None:
    record = fake_uv(machine)
    finish.install(project, "3.99")
    assert calls(record)[0][-1] == "sync"


def test_without_an_installed_uv_the_bundled_one_is_used(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        f"[project]\nname = 'shop'\nversion = '0'\nrequires-python = '=={VERSION}.*'\n"
    )
    finish.lock(project)
    assert 'name = "shop"' in (project / "uv.lock").read_text()
    finish.install(project, VERSION)
    assert (project / ".venv" / "pyvenv.cfg").is_file()
