"""Tests of the questions of `mkbackend new`, in terminals with and without a cursor."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pexpect
import pytest
import yaml
from conftest import SMALL_TEMPLATE, Checkout

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX"),
    # pexpect forks a pytest-xdist worker, which has threads; the child only executes another program.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]
ENTER, ESCAPE, UP, DOWN, CLEAR = "\r", "\x1b", "\x1b[A", "\x1b[B", "\x15"
CTRL_C, CTRL_D = "\x03", "\x04"
MENU = "(Enter creates or changes)"
LAST_LINE = "error reports"
# The first lines of the menu, after that which creates the project.
LINES = ("project_name", "project_slug", "description", "author_name", "author_email", "python_version", "license")
# A dumb terminal cannot move its cursor. Rich assumes 80 columns for it unless both sizes are set.
DUMB = {"TERM": "dumb", "COLUMNS": "200", "LINES": "50"}
# Without a reply to its request for the position of the cursor, prompt_toolkit would print a warning.
CURSOR = {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
# A template of another origin
NAMES = """
_subdirectory: template
project_name: {type: str}
project_slug: {default: shop}
"""
DOCKER = "docker: {type: bool, default: false, help: Use Docker}"


class Terminal:
    """A run of `mkbackend new` in a terminal."""

    def __init__(
        self, checkout: Checkout, *arguments: str, columns: int = 200, environment: dict[str, str] = CURSOR
    ) -> None:
        usual = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        env = {**usual, "PYTHONPATH": str(checkout.root / "src"), **environment}
        command = ["-m", "mkbackend", "new", "--no-install", *arguments]
        self.child: Any = pexpect.spawn(
            sys.executable, command, env=env, encoding="utf-8", timeout=60, dimensions=(50, columns)
        )
        self.output = ""

    def expect(self, text: str) -> None:
        """Wait until a text is printed."""
        self.child.expect_exact(text)
        self.output += f"{self.child.before}{text}"

    def press(self, *keys: str) -> None:
        """Type keys."""
        self.child.send("".join(keys))

    def answer(self, *answers: str) -> None:
        """Type an answer at each prompt of a dumb terminal."""
        for answer in answers:
            self.child.expect(r": $")
            self.output += str(self.child.before)
            self.press(answer, ENTER)

    def change(self, name: str, lines: Sequence[str] = LINES, last: str = LAST_LINE) -> None:
        """Choose a question in the menu."""
        self.expect(MENU)
        self.expect(last)
        self.press(DOWN * (lines.index(name) + 1), ENTER)
        self.expect("Esc: back")

    def create(self, last: str = LAST_LINE) -> None:
        """Accept all answers in the menu."""
        self.expect(MENU)
        self.expect(last)
        self.press(ENTER)

    def end(self, code: int = 0) -> str:
        """Wait for the end of the run; return its output."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        self.output += str(self.child.before)
        assert self.child.exitstatus == code, self.output
        return self.output


def recorded(project: str) -> dict[str, object]:
    """Return the answers of a project."""
    answers: dict[str, object] = yaml.safe_load(Path(project, ".copier-answers.yml").read_text())
    return answers


@pytest.fixture
def foreign(tmp_path: Path) -> Checkout:
    """Return a template that asks for names only."""
    (tmp_path / "foreign").mkdir()
    template = Checkout(tmp_path / "foreign")
    template.git("init", "--quiet", "--initial-branch=main")
    name = ".copier-answers.yml.jinja"
    template.commit({"copier.yml": NAMES, f"template/{name}": SMALL_TEMPLATE[name]})
    return template


def test_enter_accepts_all_answers(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop")
    run.create()
    assert "mkbackend new shop --yes" in run.end()
    assert recorded("shop")["license"] == "MIT"


def test_an_answer_is_chosen_with_arrow_keys(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop")
    run.change("license")
    run.press(DOWN, ENTER)
    run.create()
    assert "mkbackend new shop --yes --data license=Apache-2.0" in run.end()


def test_an_invalid_text_is_explained_while_typing(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop", columns=80)
    run.change("author_email")
    run.press(CLEAR, "grace")
    run.expect("Enter an address")
    run.press(ENTER, "@example.com", ENTER)
    run.create()
    run.end()
    assert recorded("shop")["author_email"] == "grace@example.com"


def test_name_and_slug_can_be_changed_although_a_path_is_given(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop")
    run.change("project_name")
    run.press(CLEAR, "The Shop", ENTER)
    run.change("project_slug")
    run.press(CLEAR, "stall", ENTER)
    run.create()
    run.end()
    assert recorded("shop") | {"project_name": "The Shop", "project_slug": "stall"} == recorded("shop")


def test_a_slug_follows_a_changed_name(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop")
    run.change("project_name")
    run.press(CLEAR, "The Stall", ENTER)
    run.create()
    run.end()
    assert recorded("shop")["project_slug"] == "the_stall"


def test_escape_keeps_the_previous_answer(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop")
    for name in ("author_name", "license"):
        run.change(name)
        run.press(ESCAPE)
    run.create()
    run.end()
    assert (recorded("shop")["author_name"], recorded("shop")["license"]) == ("Ada Lovelace", "MIT")


def test_escape_leaves_a_default_that_follows_a_changed_name(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop")
    run.change("project_slug")
    run.press(ESCAPE)
    run.change("project_name")
    run.press(CLEAR, "The Stall", ENTER)
    run.create()
    run.end()
    assert recorded("shop")["project_slug"] == "the_stall"


@pytest.mark.parametrize(("key", "expected"), [(ESCAPE, False), (ENTER, False), (f"{UP}{ENTER}", True)])
def test_a_yes_or_no_question_starts_at_its_answer(
    checkout: Checkout, foreign: Checkout, key: str, expected: bool
) -> None:
    foreign.commit({"copier.yml": f"{NAMES}{DOCKER}"})
    run = Terminal(checkout, "shop", "--template", str(foreign.root))
    run.change("docker", ["project_name", "project_slug", "docker"], "Use Docker    no")
    run.press(key)
    run.create(last=f"Use Docker    {'yes' if expected else 'no'}")
    run.end()
    assert recorded("shop")["docker"] is expected


def test_two_questions_may_have_the_same_help(checkout: Checkout, foreign: Checkout) -> None:
    ports = "http_port: {default: '80', help: Port}\ndb_port: {default: '80', help: Port}\n"
    foreign.commit({"copier.yml": f"{NAMES}{ports}{DOCKER}"})
    run = Terminal(checkout, "shop", "--template", str(foreign.root))
    run.change("db_port", ["project_name", "project_slug", "http_port", "db_port"], "Use Docker")
    run.press(CLEAR, "5432", ENTER)
    run.create(last="Use Docker")
    run.end()
    assert (recorded("shop")["http_port"], recorded("shop")["db_port"]) == ("80", "5432")


def test_a_refused_name_loses_no_answer(checkout: Checkout) -> None:
    Path("full").mkdir()
    Path("full/mine.txt").touch()
    run = Terminal(checkout)
    run.expect("Project name")
    run.press("shop", ENTER)
    run.change("license")
    run.press(DOWN, ENTER)
    run.change("project_name")
    run.press(CLEAR, "full", ENTER)
    run.expect("is not empty")
    run.create()
    run.end()
    assert recorded("shop")["license"] == "Apache-2.0"


def test_answers_are_readable_in_a_narrow_terminal(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop", columns=40)
    run.expect("Package, datab...")
    run.expect("shop")
    run.press(CTRL_C)
    run.end(130)


def test_colours_are_left_out_on_request(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop", environment={**CURSOR, "NO_COLOR": "1"})
    run.create()
    assert not re.search(r"\x1b\[[\d;]*[34][0-7]m", run.end())


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
@pytest.mark.parametrize("name", ["project_slug", "license"])
def test_ctrl_c_and_ctrl_d_at_a_question_create_nothing(checkout: Checkout, name: str, key: str) -> None:
    run = Terminal(checkout, "shop")
    run.change(name)
    run.press(CLEAR if name == "project_slug" else "", key)
    assert "Interrupted; nothing was created" in run.end(130)
    assert os.listdir() == []


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_ctrl_c_and_ctrl_d_in_the_menu_create_nothing(checkout: Checkout, key: str) -> None:
    run = Terminal(checkout, "shop")
    run.expect(LAST_LINE)
    run.press(key)
    assert "Interrupted; nothing was created" in run.end(130)
    assert os.listdir() == []


@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_ctrl_c_and_ctrl_d_in_a_dumb_terminal_create_nothing(checkout: Checkout, key: str) -> None:
    run = Terminal(checkout, "shop", environment=DUMB)
    run.expect("(y): ")
    run.press(key)
    assert "Interrupted; nothing was created" in run.end(130)
    assert os.listdir() == []


def test_a_dumb_terminal_asks_for_a_name_and_one_choice(checkout: Checkout) -> None:
    run = Terminal(checkout, environment=DUMB)
    run.answer("a/b", "The Shop", "")
    output = run.end()
    assert "Leave out / and \\, for example: My App" in output  # refused, and asked again
    assert "license: MIT" in output
    assert "author_name: Ada Lovelace" in output
    assert "mkbackend new the_shop --yes --data 'project_name=The Shop'" in output


def test_a_dumb_terminal_asks_for_each_answer_on_request(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop", environment=DUMB)
    texts = ["", "stall", "Sells {{ things }}", "", "no address", "grace@example.com"]
    run.answer("n", *texts, "3.12", "none", "gitlab", "kubernetes", "no")
    assert "Enter an address" in run.end()
    assert recorded("shop") | {
        "project_slug": "stall",
        "description": "Sells {{ things }}",
        "author_name": "Ada Lovelace",
        "author_email": "grace@example.com",
        "python_version": "3.12",
        "license": "none",
        "ci": "gitlab",
        "deploy": "kubernetes",
        "telemetry": "no",
    } == recorded("shop")


def test_a_dumb_terminal_shows_yes_or_no(checkout: Checkout, foreign: Checkout) -> None:
    foreign.commit({"copier.yml": f"{NAMES}{DOCKER}"})
    run = Terminal(checkout, "shop", "--template", str(foreign.root), environment=DUMB)
    run.answer("n", "", "", "")
    output = run.end()
    assert "docker: no" in output
    assert "Use Docker (no)" in output
    assert recorded("shop")["docker"] is False


def test_a_refused_answer_in_a_dumb_terminal_loses_no_other(checkout: Checkout) -> None:
    Path("full").mkdir()
    Path("full/mine.txt").touch()
    run = Terminal(checkout, environment=DUMB)
    run.answer("The Shop", "n", "full", "stall", "Sells things", "", "", "", "", "", "", "")
    assert "full is not empty" in run.end()
    assert recorded("stall") | {"project_slug": "stall", "description": "Sells things"} == recorded("stall")


def test_a_default_in_a_dumb_terminal_follows_the_previous_answers(checkout: Checkout) -> None:
    run = Terminal(checkout, "shop", environment=DUMB)
    run.answer("n", "The Stall", *[""] * 9)
    run.end()
    assert (recorded("shop")["project_name"], recorded("shop")["project_slug"]) == ("The Stall", "the_stall")


def test_a_dumb_terminal_does_not_ask_for_given_answers(checkout: Checkout) -> None:
    data = [part for name in ("description", "author_name", "license") for part in ("-d", f"{name}=none")]
    run = Terminal(checkout, "shop", *data, environment=DUMB)
    run.answer("n", "", "", "", "", "", "", "")
    output = run.end()
    assert "Author name" not in output
    assert "Licence" not in output


def test_a_non_empty_directory_is_refused_before_the_first_question(checkout: Checkout) -> None:
    Path("full").mkdir()
    Path("full/mine.txt").touch()
    assert "recommended settings" not in Terminal(checkout, "full", environment=DUMB).end(2)
