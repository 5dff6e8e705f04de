"""Tests of templates of another origin: their code runs only with consent, and their errors are reported."""

import os
import sys
from pathlib import Path

import pexpect
import pytest
from conftest import ROOT, Checkout, write_command
from typer.testing import CliRunner, Result

from mkbackend import cli
from mkbackend.errors import MkbackendError

QUESTIONS = "_subdirectory: template\nproject_name:\n  type: str\nproject_slug:\n  type: str\n  default: shop\n"
UV = """
import sys
if "--version" in sys.argv:
    print("uv 1.0")
words = [word for word in sys.argv if word in ("lock", "sync")]
if words:
    with open({trace!r}, "a") as trace:
        trace.write(words[0] + " ")
"""
ENV = "scripts/init_env.py"
ANSWERS = "{{ _copier_answers | to_nice_yaml }}"


@pytest.fixture
def foreign(tmp_path: Path) -> Checkout:
    """Return a template whose script writes a marker."""
    (tmp_path / "foreign").mkdir()
    template = Checkout(tmp_path / "foreign")
    template.git("init", "--quiet", "--initial-branch=main")
    script = f"open({str(tmp_path / 'ran')!r}, 'a').write('env ')\n"
    template.commit({"copier.yml": QUESTIONS, f"template/{ENV}": script, "template/.copier-answers.yml.jinja": ANSWERS})
    return template


@pytest.fixture(autouse=True)
def uv(tmp_path: Path, machine: Path) -> None:
    """Install a uv that writes a marker when it locks or installs."""
    write_command(machine / "bin" / "uv", UV.format(trace=str(tmp_path / "ran")))


def new(foreign: Checkout, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli.app, ["new", "shop", "--template", str(foreign.root), *words], input=typed)


def ran(tmp_path: Path) -> str:
    return (tmp_path / "ran").read_text() if (tmp_path / "ran").exists() else ""


@pytest.mark.parametrize("words", [["--yes"], ["--json"], ["--no-install"], ["--no-install", "--trust"]])
def test_its_code_does_not_run_without_consent(foreign: Checkout, tmp_path: Path, words: list[str]) -> None:
    result = new(foreign, *words)
    assert result.exit_code == 0, result.output
    assert Path("shop", ENV).is_file()
    assert ran(tmp_path) == ""
    assert ("Not locked or installed" in result.output) == ("--no-install" not in words)


def test_its_code_runs_with_trust(foreign: Checkout, tmp_path: Path) -> None:
    assert new(foreign, "--yes", "--trust").exit_code == 0
    assert ran(tmp_path).split() == ["lock", "env", "sync"]


@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(("answer", "expected"), [("y", ["lock", "env", "sync"]), ("n", []), ("", [])])
def test_in_a_terminal_it_prompts_for_consent(
    foreign: Checkout, tmp_path: Path, answer: str, expected: list[str]
) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "dumb", "COLUMNS": "200", "LINES": "50"}
    words = ["-m", "mkbackend", "new", "shop", "--template", str(foreign.root)]
    terminal = pexpect.spawn(sys.executable, words, env=env, encoding="utf-8", timeout=60)
    terminal.expect_exact("Use the recommended settings?")
    terminal.send("\r")
    terminal.expect_exact(f"Installing runs code from {foreign.root}. Trust it?")
    terminal.send(f"{answer}\r")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert ran(tmp_path).split() == expected


def test_the_command_to_repeat_a_run_names_the_template(foreign: Checkout) -> None:
    output = new(foreign, "--yes", "--ref", "main").output
    assert f"mkbackend new shop --yes --template {foreign.root} --ref main" in " ".join(output.split())


@pytest.fixture
def secret_url(foreign: Checkout, machine: Path) -> str:
    """Return a URL with a password, which git replaces by the template's path."""
    url = "https://ada:s3@cret@example.com/t.git"
    with (machine / ".gitconfig").open("a") as settings:
        settings.write(f'[url "{foreign.root.as_posix()}"]\n\tinsteadOf = {url}\n')
    return url


@pytest.mark.parametrize("words", [["--yes"], ["--json"], ["--yes", "--verbose"], ["--yes", "--dry-run"]])
def test_a_password_in_its_url_is_not_shown(secret_url: str, words: list[str]) -> None:
    result = CliRunner().invoke(cli.app, ["new", "shop", "--template", secret_url, *words])
    assert result.exit_code == 0, result.output
    assert "https://***@example.com/t.git" in result.output
    assert "cret" not in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["update", "shop"],
        ["update", "shop", "--template", "https://ada:other-s3cret@example.com/"],
        ["status", "shop"],
        ["status", "shop", "shop", "--json"],
        ["doctor", "shop", "--json"],
        ["new", "next", "--template", "https://ada:s3cret@127.0.0.1:9/t.git"],
        ["update", "shop", "--template", "{url}", "--dry-run", "--data", "project_name=Market"],
    ],
)
def test_a_password_in_a_recorded_url_is_not_shown(secret_url: str, words: list[str]) -> None:
    CliRunner().invoke(cli.app, ["new", "shop", "--yes", "--template", secret_url])
    result = CliRunner().invoke(cli.app, [word.format(url=secret_url) for word in words])
    assert "://***@" in result.output
    assert "cret" not in result.output


def test_a_user_of_ssh_is_no_password() -> None:
    error = MkbackendError("git clone ssh://git@example.com:22/t.git", "ssh://git:secret@example.com/t.git")
    assert error.message == "git clone ssh://git@example.com:22/t.git"
    assert error.hint == "ssh://***@example.com/t.git"


def test_trust_requires_a_template() -> None:
    result = CliRunner().invoke(cli.app, ["new", "shop", "--yes", "--trust"])
    assert (result.exit_code, "--trust needs --template" in result.output, os.listdir()) == (2, True, [])


@pytest.mark.parametrize(
    ("questions", "why"),
    [
        ("project_name:\n  type: str\n", "does not ask for project_slug"),
        ("", "does not ask for project_name and project_slug"),
        ("- a\n", "Cannot read the template's copier.yml"),
        (f"{QUESTIONS}other:\n  choices: 5\n", "Cannot read the template's copier.yml"),
        (f"{QUESTIONS}other:\n  default: '{{{{ 1 / 0 }}}}'\n", "division by zero"),
        (f"{QUESTIONS}_tasks: [touch ../ran]\n", "runs code during rendering"),
    ],
)
def test_an_unusable_template_is_reported(foreign: Checkout, tmp_path: Path, questions: str, why: str) -> None:
    foreign.commit({"copier.yml": questions})
    result = new(foreign, "--yes", "--trust")
    assert result.exit_code in (1, 2)
    assert why in " ".join(result.output.split())
    assert os.listdir() == []
    assert ran(tmp_path) == ""


def test_a_file_that_cannot_be_rendered_is_reported(foreign: Checkout) -> None:
    foreign.commit({"template/a.txt.jinja": "{{ 1 / 0 }}"})
    result = new(foreign, "--yes", "--no-install")
    assert (result.exit_code, "Cannot render the template: division by zero" in result.output) == (1, True)
    assert os.listdir() == []


def test_a_question_may_be_only_a_default_or_label_its_choices(foreign: Checkout) -> None:
    more = "short: hello\nyes_or_no: true\nsize:\n  default: s\n  choices: {Small: s, Large: l}\n"
    foreign.commit({"copier.yml": QUESTIONS + more, "template/a.txt.jinja": "{{ short }} {{ yes_or_no }} {{ size }}"})
    result = new(foreign, "--yes", "--no-install", "--data", "size=l")
    assert result.exit_code == 0, result.output
    assert Path("shop/a.txt").read_text() == "hello True l"
