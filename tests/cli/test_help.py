"""Tests of the version, the help and completion."""

import subprocess
import sys

from conftest import ROOT, Checkout
from typer.testing import CliRunner

from cli.command import environment, posix
from mkbackend import __version__, cli


def test_version_and_help_import_no_large_package(checkout: Checkout) -> None:
    run = "from mkbackend.cli import main; main()"
    script = f"import sys; sys.argv[1:] = {{!r}}\ntry:\n  {run}\nfinally:\n  print(*sys.modules)"
    for option in (["--version"], []):
        command = [sys.executable, "-c", script.format(option)]
        done = subprocess.run(command, env=environment(checkout), capture_output=True, text=True, check=False)
        assert "mkbackend" in done.stdout
        imported = set(done.stdout.splitlines()[-1].split())
        assert "mkbackend.cli" in imported
        assert imported.isdisjoint({"copier", "jinja2", "yaml", "prompt_toolkit"})
    assert CliRunner().invoke(cli.app, ["--version"]).stdout == f"mkbackend {__version__}\n"


def test_the_version_is_that_of_pyproject() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in pyproject


def test_help_names_every_option_and_shows_examples() -> None:
    shown = CliRunner().invoke(cli.app, ["new", "--help"]).stdout
    for option in ("--yes", "-y", "--data", "-d", "--answers", "--dry-run", "--no-git", "--no-install", "--json"):
        assert option in shown
    assert "--template" in shown
    assert "mkbackend new myapp --yes --data" in shown


@posix
def test_a_shell_can_complete_the_command(checkout: Checkout) -> None:
    env = {"_MKBACKEND_COMPLETE": "complete_bash", "COMP_WORDS": "mkbackend ne", "COMP_CWORD": "1"}
    script = "from mkbackend.cli import app; app(prog_name='mkbackend')"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(checkout, **env), capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "new"
