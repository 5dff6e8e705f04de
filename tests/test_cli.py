"""Tests of the command line, in a separate process where signals, streams or a terminal matter."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main
from conftest import SMALL_TEMPLATE, Checkout, write_command
from typer.testing import CliRunner, Result

from mkbackend import __version__, cli, system
from mkbackend.errors import MkbackendError

posix = pytest.mark.skipif(os.name == "nt", reason="signals and terminals of POSIX")
# pexpect forks a pytest-xdist worker, which has threads; the child only executes another program.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
EVERY = {name.removesuffix(".jinja") for name in SMALL_TEMPLATE} - {".gitlab-ci.yml"}


def new(*arguments: str) -> Result:
    """Run `mkbackend new` in this process, without installing."""
    return CliRunner().invoke(cli.app, ["new", "--no-install", *arguments])


def environment(checkout: Checkout, **more: str) -> dict[str, str]:
    """Return the environment of a process that runs the checkout."""
    return {**os.environ, "PYTHONPATH": str(checkout.root / "src"), **more}


def process(checkout: Checkout, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start the command of a checkout in a process."""
    env = environment(checkout, **options.pop("env", {}))
    command = [sys.executable, "-m", "mkbackend", *arguments]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command, env=env, text=True, encoding="utf-8", **streams)


def files(root: Path) -> set[str]:
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def commits(root: Path) -> list[str]:
    shown = subprocess.run(["git", "log", "--format=%s"], cwd=root, capture_output=True, text=True, check=False)
    return shown.stdout.splitlines()


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


# Created projects


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
    assert result.stdout.endswith("Next:\n  cd shop\n  make install\n  make dev\n")


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
    assert "Render the template" in result.stderr


def test_a_failed_installation_is_a_warning_with_the_retry(checkout: Checkout, machine: Path) -> None:
    write_command(
        machine / "bin" / "uv", "import sys\nif '--version' in sys.argv: print('uv 1.0')\nelse: sys.exit('no net')"
    )
    result = CliRunner().invoke(cli.app, ["new", "shop", "--yes"])
    assert result.exit_code == 0
    assert result.stdout.count("no net") == 1
    assert "  Later, in the project: make install\n" in result.stdout
    assert result.stdout.endswith("  cd shop\n  make install\n  make dev\n")
    assert commits(Path("shop")) == ["Start shop with mkbackend"]


def test_the_first_line_is_printed_before_slow_steps(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(system, "require_git", slow)
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
    assert result.stdout.endswith("Next:\n  cd shop\n  make dev\n")


# Refusals


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["full"], "full is not empty"),
        (["file"], "file is a file"),
        (["file/below"], "file is a file"),
        ([""], "PATH is empty"),
        (["--yes"], "needs a name"),
        (["class"], "'class'"),
        (["email"], "'email'"),
        (["fastapi"], "'fastapi'"),
        (["123"], "project_slug"),
        (["שלום"], "project_slug"),
        (["a" * 300], "project_name"),
        (["-d", "project_name=a/b"], "'a/b'"),
        (["-d", "project_name="], "needs a name"),
        (["x", "-d", "project_name= "], "project_name"),
        (["x", "-d", "colour=red"], "'colour'"),
        (["x", "-d", "license=GPL"], "'GPL'"),
        (["x", "-d", "license"], "'license'"),
        (["x", "-d", "python_version=2.7"], "'2.7'"),
        (["x", "--answers", "none.yml"], "none.yml"),
        (["x", "--answers", "file"], "file contains no answers"),
        (["x", "--ref", "main"], "--template"),
        (["x", "--template", "nowhere"], "nowhere"),
        (["x", "--template", "."], "No template found at"),
    ],
)
def test_bad_input_is_reported_with_a_fix_and_writes_nothing(
    checkout: Checkout, arguments: list[str], named: str
) -> None:
    Path("full").mkdir()
    Path("full/mine.txt").touch()
    Path("file").write_text("just text")
    result = new(*arguments, "--yes")
    assert result.exit_code == 2, result.output
    assert named in result.stderr
    message, hint = result.stderr.strip().split("\n")
    assert message.startswith("Error: ")
    assert hint.strip()
    assert sorted(os.listdir()) == ["file", "full"]
    assert result.stdout in ("", f"mkbackend {__version__}\n")
    error = json.loads(new(*arguments, "--json").stdout)
    assert (error["exit_code"], error["error"]["hint"]) == (2, hint.strip())


def test_a_missing_git_is_reported_with_a_fix(
    checkout: Checkout, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(machine / "bin"))
    result = new("shop", "--yes")
    assert (result.exit_code, os.listdir()) == (2, [])
    assert "git is not on PATH" in result.stderr
    assert "Install git" in result.stderr


def test_a_git_that_is_too_old_is_reported(checkout: Checkout, machine: Path) -> None:
    write_command(machine / "bin" / "git", "print('git version 2.25.1')")
    result = new("shop", "--yes")
    assert (result.exit_code, os.listdir()) == (2, [])
    assert "git version 2.25.1 is too old" in result.stderr


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="/proc takes no files, not even root's")
def test_an_unwritable_parent_is_reported(checkout: Checkout) -> None:
    result = new("/proc/shop", "--yes")
    assert result.exit_code == 2
    assert "Cannot write to /proc" in result.stderr


def test_an_unknown_option_is_bad_input(checkout: Checkout) -> None:
    assert new("shop", "--colour").exit_code == 2


def test_a_failure_not_caused_by_input_is_exit_code_1(checkout: Checkout, machine: Path) -> None:
    (machine / ".local").write_text("in the way")
    result = new("shop", "--yes")
    assert (result.exit_code, os.listdir()) == (1, [])
    assert "Cannot store the template" in result.stderr


def test_an_operating_system_error_is_reported_without_a_traceback(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "somewhere")

    monkeypatch.setattr("mkbackend.new.new.render", full)
    result = new("shop", "--yes")
    assert (result.exit_code, os.listdir()) == (1, [])
    assert result.stderr == "Error: somewhere: No space left on device.\n"


# Behaviour


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
    pyproject = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{__version__}"' in pyproject


def test_the_version_in_json_has_what_a_report_of_a_fault_needs() -> None:
    for arguments in (["--version", "--json"], ["--json", "-V"]):
        shown = json.loads(CliRunner().invoke(cli.app, arguments).stdout)
        assert shown["mkbackend"] == __version__
        assert set(shown) == {"mkbackend", "python", "platform", "path"}


def test_json_without_a_command_is_bad_input() -> None:
    assert CliRunner().invoke(cli.app, ["--json"]).exit_code == 2


def test_help_groups_the_commands_by_purpose() -> None:
    groups = re.findall(r"^(\w[\w ]*):\n((?:  .*\n)+)", CliRunner().invoke(cli.app, ["--help"]).stdout, re.MULTILINE)
    commands = {title: re.findall(r"^  (\w+) ", lines, re.MULTILINE) for title, lines in groups}
    del commands["Options"]
    assert commands == {
        "Start": ["new"],
        "Grow": ["add", "remove"],
        "Keep current": ["update", "status"],
        "Diagnose": ["doctor"],
    }


@pytest.mark.parametrize("command", ["new", "add", "remove", "update", "status", "doctor"])
def test_every_example_is_a_valid_command_line(command: str) -> None:
    shown = CliRunner().invoke(cli.app, [command, "--help"]).stdout.replace("\\\n", "")
    examples = re.findall(rf"^ +mkbackend ({command}\b.*)", shown, re.MULTILINE)
    assert examples
    group = typer.main.get_group(cli.app)
    for example in examples:
        words = shlex.split(example)
        group.commands[command].make_context(command, words[1:])


def test_help_names_every_option_and_shows_examples() -> None:
    shown = CliRunner().invoke(cli.app, ["new", "--help"]).stdout
    for option in ("--yes", "-y", "--data", "-d", "--answers", "--dry-run", "--no-git", "--no-install", "--json"):
        assert option in shown
    assert "--template" in shown
    assert "mkbackend new myapp --yes --data" in shown


@pytest.mark.parametrize("stdin", ["closed", "pipe", "null"])
def test_without_a_terminal_it_neither_prompts_nor_hangs(checkout: Checkout, stdin: str) -> None:
    streams: dict[str, dict[str, Any]] = {
        "closed": {"stdin": None, "preexec_fn": lambda: os.close(0)},
        "pipe": {"stdin": subprocess.PIPE},
        "null": {},
    }
    if stdin == "closed" and os.name == "nt":
        pytest.skip("preexec_fn is POSIX")
    running = process(checkout, "new", "shop", "--no-install", **streams[stdin])
    wait_for(lambda: running.poll() is not None)
    assert running.returncode == 0
    assert running.stdout
    assert "\x1b" not in running.stdout.read()
    assert files(Path("shop")) == {*EVERY, ".env"}


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_output_works_with_a_limited_encoding(checkout: Checkout, encoding: str) -> None:
    arguments = ("new", "shop", "--no-install", "-d", "project_name=😀 Shop")
    running = process(checkout, *arguments, env={"PYTHONIOENCODING": encoding})
    _, errors = running.communicate(timeout=30)
    assert (running.returncode, errors) == (0, "")


@posix
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("moment", [0.0, 0.2, 0.6])
def test_an_interrupt_leaves_no_files(checkout: Checkout, name: str, moment: float) -> None:
    running = process(checkout, "new", "shop", "--yes", "--no-install", start_new_session=True)
    wait_for(lambda: list(Path().glob(".mkbackend-*")))
    time.sleep(moment)
    running.send_signal(signal.Signals[name])
    _, errors = running.communicate(timeout=20)
    if os.listdir():  # the run was finished, and perhaps still exiting
        assert files(Path("shop")) == {*EVERY, ".env"}
        assert "Interrupted; nothing was created" not in errors
    else:
        assert running.returncode == 130, errors
        assert "Interrupted; nothing was created" in errors


@posix
def test_a_run_under_nohup_survives_its_terminal(checkout: Checkout) -> None:
    ignore = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
    running = process(checkout, "new", "shop", "--yes", "--no-install", start_new_session=True, **ignore)
    wait_for(lambda: list(Path().glob(".mkbackend-*")))
    running.send_signal(signal.SIGHUP)
    running.communicate(timeout=20)
    assert (running.returncode, files(Path("shop"))) == (0, {*EVERY, ".env"})


@posix
@pytest.mark.parametrize("moment", [0.0, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("place", ["shop", "."])
def test_a_kill_leaves_nothing_or_a_complete_project(checkout: Checkout, moment: float, place: str) -> None:
    target = Path("place") / place
    Path("place").mkdir()
    # The temporary files of a killed run are removed with the test's.
    elsewhere = {"TMPDIR": os.environ["HOME"]}
    running = process(
        checkout, "new", place, "--yes", "--no-install", start_new_session=True, cwd="place", env=elsewhere
    )
    wait_for(lambda: list(Path().glob("**/.mkbackend-*")))
    time.sleep(moment)
    running.kill()
    running.communicate()
    if files_there := {name for name in files(target) if not name.startswith(".mkbackend-")}:
        assert files_there == {*EVERY, ".env"}
        assert len(commits(target)) == 1
        return
    os.chdir("place")
    assert new(place, "--yes").exit_code == 0
    assert files(Path(place)) == {*EVERY, ".env"}
    assert not list(Path().glob("**/.mkbackend-*"))
    assert not list(Path("..").glob(".mkbackend-*"))


@posix
def test_an_interrupt_during_installation_keeps_the_complete_project(checkout: Checkout, machine: Path) -> None:
    slow = "import sys, time\nif '--version' in sys.argv: print('uv 1.0')\nelif 'sync' in sys.argv: time.sleep(60)"
    write_command(machine / "bin" / "uv", slow)
    running = process(checkout, "new", "shop", "--yes", start_new_session=True)
    wait_for(Path("shop").exists)
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "is complete but not installed: make install" in errors
    assert files(Path("shop")) == {*EVERY, ".env"}
    assert os.listdir() == ["shop"]


def test_an_error_has_an_exit_code() -> None:
    assert MkbackendError("x").exit_code == 1
