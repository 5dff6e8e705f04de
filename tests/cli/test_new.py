"""Tests of `mkbackend new`: the project that it makes, and what it prints."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest
from conftest import Checkout, write_command
from documents import parts_in, require
from typer.testing import CliRunner

from cli.command import EVERY, commits, files, new
from mkbackend import __version__, cli


def test_new_creates_a_complete_project(checkout: Checkout, machine: Path) -> None:
    result = new("shop", "--yes")
    assert result.exit_code == 0, result.output
    made = Path("shop")
    assert files(made) == {*EVERY, ".env"}
    assert (made / ".env").read_text() == "SECRET_KEY=secret\n"
    assert commits(made) == ["Start shop with mkbackend"]
    assert "author_name: Ada Lovelace" in (made / ".copier-answers.yml").read_text()
    assert "_src_path: ~/.local/share/mkbackend/template.bundle" in (made / ".copier-answers.yml").read_text()
    assert os.listdir() == ["shop"]


def test_the_output_ends_with_the_equivalent_command_and_the_next_steps(checkout: Checkout) -> None:
    result = new("shop", "--yes", "--data", "ci=none", "-d", "description=it's")
    command = next(line.strip() for line in result.stdout.splitlines() if line.startswith("  mkbackend"))
    assert shlex.split(command) == [
        "mkbackend",
        "new",
        "shop",
        "--yes",
        "--data",
        "description=it's",
        "--data",
        "ci=none",
    ]
    assert "\nNext:\n  cd shop\n  make install\n  make dev\n\nRepeat with:\n  mkbackend new shop" in result.stdout


def test_the_equivalent_command_creates_the_same_project(checkout: Checkout, tmp_path: Path) -> None:
    report = json.loads(new("The Shop", "-d", "author_name=two\nlines", "-d", "license=none", "--json").stdout)
    (tmp_path / "again").mkdir()
    again = shlex.split(report["command"])
    again[again.index("--answers") + 1] = str(tmp_path / "work" / "The Shop" / ".copier-answers.yml")
    os.chdir(tmp_path / "again")
    assert new(*again[2:]).exit_code == 0
    first, second = (tmp_path / place / "The Shop" for place in ("work", "again"))
    assert files(first) == files(second)
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in files(first))


def test_data_overrides_an_answers_file(checkout: Checkout) -> None:
    new("first", "--yes", "-d", "license=none", "-d", "ci=gitlab", "-d", "description={{ 7 * 7 }} 😀")
    assert new("second", "--answers", "first/.copier-answers.yml", "-d", "ci=none").exit_code == 0
    answers = Path("second/.copier-answers.yml").read_text(encoding="utf-8")
    assert "project_name: first" in answers
    assert "ci: none" in answers
    assert "license: none" in answers
    assert "{{ 7 * 7 }} 😀" in Path("second/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("place", ["work", "clone"])
def test_new_can_use_the_current_directory(checkout: Checkout, tmp_path: Path, place: str) -> None:
    if place == "clone":
        subprocess.run(["git", "init", "--quiet", "."], check=True)
        subprocess.run(["git", "remote", "add", "origin", "ssh://somewhere/shop"], check=True)
    result = new(".", "--yes")
    assert result.exit_code == 0, result.output
    assert files(tmp_path / "work") == {*EVERY, ".env"}
    assert commits(tmp_path / "work") == ["Start work with mkbackend"]
    assert "cd " not in result.stdout
    remotes = subprocess.run(["git", "remote"], check=True, capture_output=True, text=True).stdout
    assert remotes == ("origin\n" if place == "clone" else "")
    status = subprocess.run(["git", "status", "--porcelain"], check=True, capture_output=True, text=True)
    assert status.stdout == ""


def test_no_repository_is_created_inside_another(checkout: Checkout) -> None:
    subprocess.run(["git", "init", "--quiet", "."], check=True)
    result = new("services/shop", "--yes")
    assert result.exit_code == 0
    assert not Path("services/shop/.git").exists()
    assert "CI files work only at its top" in result.stdout
    assert commits(Path()) == []


def test_secrets_are_never_committed_even_without_gitignore(checkout: Checkout) -> None:
    (checkout.root / "template" / ".gitignore").unlink()
    assert new("shop", "--yes").exit_code == 0
    tracked = subprocess.run(["git", "ls-files"], cwd="shop", check=True, capture_output=True, text=True).stdout
    assert Path("shop/.env").is_file()
    assert ".env" not in tracked.split()


def test_no_git_creates_no_repository(checkout: Checkout) -> None:
    assert new("shop", "--yes", "--no-git").exit_code == 0
    assert not Path("shop/.git").exists()


def test_a_dry_run_shows_the_tree_and_writes_nothing(checkout: Checkout, machine: Path) -> None:
    result = new("shop", "--yes", "--dry-run", "-d", "ci=gitlab")
    assert result.exit_code == 0
    assert "├── .gitlab-ci.yml" in result.stdout
    assert ".github" not in result.stdout
    assert os.listdir() == []
    assert not (machine / ".local").exists()
    assert set(json.loads(new("shop", "--dry-run", "--json").stdout)["files"]) == EVERY


def test_another_template_is_recorded(checkout: Checkout) -> None:
    url = f"git+{checkout.root.as_uri()}"
    assert new("shop", "--yes", "--template", url, "--ref", "main").exit_code == 0
    assert f"_src_path: {url}" in Path("shop/.copier-answers.yml").read_text()


def test_json_prints_one_object_and_nothing_else(checkout: Checkout) -> None:
    result = new("shop", "--json")
    report = json.loads(result.stdout)
    assert report["path"] == str(Path("shop").resolve())
    assert report["template"] == {"source": "~/.local/share/mkbackend/template.bundle", "version": "v0.1.0"}
    assert set(report["files"]) == EVERY
    assert (report["committed"], report["installed"]) == (True, False)
    assert report["next"] == ["cd shop", "make install", "make dev"]
    assert report["warnings"] == []
    planned = json.loads(new("plan", "--dry-run", "--json").stdout)
    assert (planned["dry_run"], planned["next"], Path("plan").exists()) == (True, [], False)
    require("new", [report, planned], without=[".warnings[]"])
    assert "Render the template" in result.stderr


def test_a_failed_installation_is_a_warning_with_the_retry(checkout: Checkout, machine: Path) -> None:
    write_command(
        machine / "bin" / "uv", "import sys\nif '--version' in sys.argv: print('uv 1.0')\nelse: sys.exit('no net')"
    )
    result = CliRunner().invoke(cli.app, ["new", "shop", "--yes"])
    assert result.exit_code == 0
    assert result.stdout.count("no net") == 1
    assert "  Later, in the project: make install\n" in result.stdout
    assert "  cd shop\n  make install\n  make dev\n" in result.stdout
    assert commits(Path("shop")) == ["Start shop with mkbackend"]
    report = json.loads(CliRunner().invoke(cli.app, ["new", "other", "--json"]).stdout)
    assert {".warnings[].message", ".warnings[].retry"} <= parts_in("new", report)


def test_the_first_line_is_printed_before_slow_steps(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mkbackend.new.new.require_git", slow)
    result = new("shop", "--yes")
    assert (result.exit_code, result.stdout) == (130, f"mkbackend {__version__}\n")


def test_no_install_fetches_no_package(checkout: Checkout, machine: Path) -> None:
    record = machine / "uv.log"
    script = f"import sys\nprint('uv 1.0')\nprint(*sys.argv[1:2], file=open({str(record)!r}, 'a'))"
    write_command(machine / "bin" / "uv", script)
    assert new("shop", "--yes").exit_code == 0
    asked = record.read_text().split() if record.exists() else []
    assert set(asked) <= {"--version", "python"}
    assert not Path("shop/uv.lock").exists()


def test_an_installed_project_needs_only_make_dev(checkout: Checkout, machine: Path) -> None:
    write_command(machine / "bin" / "uv", "import sys\nif '--version' in sys.argv: print('uv 1.0')")
    result = CliRunner().invoke(cli.app, ["new", "shop", "--yes"])
    assert "Next:\n  cd shop\n  make dev\n" in result.stdout
