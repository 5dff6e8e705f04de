"""Tests of completion in the shell."""

import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest
from conftest import ROOT, Checkout

from cli.command import environment, posix
from mkbackend.slices.types import TYPES as FIELD_TYPES
from mkbackend.template.questions import Questions

MAIN = "import sys; from mkbackend.cli import main; sys.argv[:] = ['mkbackend']; main()"
TYPES = ["ref/user", "ref/article", "ref/note"]
TYPED = [*(name for name in FIELD_TYPES if name not in ("ref", "many")), *TYPES, "many/article", "many/note"]
ASKED = Questions((ROOT / "copier.yml").read_text(encoding="utf-8")).asked
DATA = [f"{name}={answer}" for name, question in ASKED.items() for answer in question.choices or [""]]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current directory, a project with two resources."""
    records = tmp_path / "shop" / ".mkbackend"
    records.mkdir(parents=True)
    for name in ("article.toml", "note.toml", "note.base"):
        (records / name).touch()
    monkeypatch.chdir(records.parent)
    return records.parent


def complete(checkout: Checkout, words: str, number: int) -> list[str]:
    """Return the completions of the word with this number; words are split as by bash, also at `:` and `=`."""
    env = {
        "_MKBACKEND_COMPLETE": "complete_bash",
        "COMP_WORDS": words.replace(" ", "\n"),
        "COMP_CWORD": str(number),
    }
    done = subprocess.run(
        [sys.executable, "-c", MAIN], env=environment(checkout, **env), capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split()


@posix
@pytest.mark.parametrize(
    ("words", "number", "expected"),
    [
        ("mkbackend ne", 1, ["new"]),
        ("mkbackend di", 1, ["diagram"]),
        ("mkbackend remove ", 2, ["article", "note"]),
        ("mkbackend add n", 2, ["note"]),
        ("mkbackend add note title", 3, []),
        ("mkbackend add note title : st", 5, ["str"]),
        ("mkbackend add note writer:ref", 3, [f"writer:{name}" for name in TYPES]),
        ("mkbackend add note title : str/200 : u", 7, ["unique"]),
        ("mkbackend add note views:bigint:nu", 3, ["views:bigint:null", "views:bigint:number"]),
        ("mkbackend add note title:str:c", 3, []),
        ("mkbackend add note title:nothing:c", 3, []),
        ("mkbackend add note --auth ", 4, ["user", "public", "owner", "admin", "catalogue"]),
        ("mkbackend add note --auth = o", 5, ["owner"]),
        ("mkbackend add note title :", 4, [*TYPED]),
        ("mkbackend add note title : ", 5, []),
        ("mkbackend add note title:json:u", 3, []),
        ("mkbackend add note by:ref/user:c", 3, ["by:ref/user:cascade"]),
        ("mkbackend add note title : str = st", 7, []),
        ("mkbackend add note title : str = a views : bo", 10, ["bool"]),
        ("mkbackend new shop --data ", 4, [*DATA]),
        ("mkbackend new shop --data li", 4, [word for word in DATA if word.startswith("license=")]),
        ("mkbackend new shop --data ci = g", 6, ["github", "gitlab"]),
        ("mkbackend new shop --data = ci = g", 7, ["github", "gitlab"]),
        ("mkbackend update -d ci = g", 5, ["github", "gitlab"]),
        ("mkbackend new shop -d ci=g", 4, ["ci=github", "ci=gitlab"]),
        ("mkbackend new shop --data nothing =", 5, []),
    ],
)
def test_a_word_is_completed(checkout: Checkout, shop: Path, words: str, number: int, expected: list[str]) -> None:
    assert complete(checkout, words, number) == expected


@posix
def test_completion_imports_no_large_package(checkout: Checkout, shop: Path) -> None:
    script = f"import sys\ntry:\n  {MAIN}\nfinally:\n  print(*sys.modules)"
    for words in ("add note title :", "remove ", "add note --auth ", "new shop --data "):
        command = ["mkbackend", *words.split(" ")]
        asked = {
            "_MKBACKEND_COMPLETE": "complete_bash",
            "COMP_WORDS": "\n".join(command),
            "COMP_CWORD": str(len(command) - 1),
        }
        env = environment(checkout, **asked)
        done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
        offered, imported = done.stdout.rstrip().rpartition("\n")[::2]
        assert offered
        assert "mkbackend.cli" in imported.split()
        assert {"copier", "rich", "jinja2", "prompt_toolkit"}.isdisjoint(imported.split())


@posix
def test_resources_are_those_of_the_named_project(
    checkout: Checkout, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.parent)
    assert complete(checkout, "mkbackend remove ", 2) == []
    assert complete(checkout, "mkbackend remove --project shop ", 4) == ["article", "note"]
    monkeypatch.setenv("HOME", str(shop.parent))
    assert complete(checkout, "mkbackend remove --project ~/shop ", 4) == ["article", "note"]


@posix
def test_without_readable_questions_no_answer_is_offered(checkout: Checkout, shop: Path) -> None:
    checkout.write({"copier.yml": "- not: [a mapping"})
    assert complete(checkout, "mkbackend new shop --data ", 4) == []


@posix
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_valid(checkout: Checkout, tmp_path: Path, shell: str) -> None:
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"{shell} is not here")
    env = {"_MKBACKEND_COMPLETE": f"source_{shell}"}
    shown = subprocess.run(
        [sys.executable, "-c", MAIN], env=environment(checkout, **env), capture_output=True, text=True, check=False
    )
    (tmp_path / "completion").write_text(shown.stdout)
    assert "mkbackend" in shown.stdout
    assert subprocess.run([program, "-n", "completion"], cwd=tmp_path, check=False).returncode == 0


@posix
@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not here")
# pexpect forks a pytest-xdist worker, which has threads; the child only executes another program.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(
    ("line", "completed"),
    [
        ("add note title:st", "add note title:str "),
        ("add note title:str/200:u", "add note title:str/200:unique "),
        ("new shop --data lic", "new shop --data license="),
        ("new shop --data ci=githu", "new shop --data ci=github "),
        ("add note --auth=ow", "add note --auth=owner "),
    ],
)
def test_bash_completes_a_word_that_it_splits(
    checkout: Checkout, shop: Path, machine: Path, line: str, completed: str
) -> None:
    command = machine / "bin" / "mkbackend"
    command.write_text(f"#!{sys.executable}\n{MAIN}\n")
    command.chmod(0o755)
    env = environment(checkout, _MKBACKEND_COMPLETE="source_bash")
    sourced = subprocess.run([sys.executable, "-c", MAIN], env=env, capture_output=True, text=True, check=True).stdout
    (shop / "completion").write_text(sourced)
    env = environment(checkout, PS1="ready>", TERM="dumb")
    shell = pexpect.spawn("bash", ["--norc", "--noprofile"], env=env, encoding="utf-8", timeout=60)
    shell.sendline("bind 'set enable-bracketed-paste off'; bind 'set bell-style none'; . ./completion; PS1='go>'")
    shell.expect_exact("\ngo>")
    shell.send(f"mkbackend {line}\t")
    shell.expect_exact(f"mkbackend {completed}")
    shell.close()
