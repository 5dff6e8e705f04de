"""Tests of new and removed questions, and of changed options."""

import sys
from pathlib import Path

import pytest

from .conftest import Project, Template, environment

ANSWERS = ".copier-answers.yml"
WITH_DEFAULT = "\ncache:\n  type: str\n  help: Cache\n  choices: [none, redis]\n  default: none\n"
WITHOUT_DEFAULT = (
    "\nregion:\n  type: str\n  help: Where it runs\n  validator: '{% if not region %}Name one{% endif %}'\n"
)


def ask_more(template: Template, question: str) -> None:
    text = (template.root / "copier.yml").read_text(encoding="utf-8")
    template.commit({"copier.yml": text + question, "template/later.txt.jinja": "{{ cache }}{{ region }}\n"})
    template.release("0.3.0")


def test_a_new_question_gets_its_default(project: Project, template: Template) -> None:
    ask_more(template, WITH_DEFAULT)
    project.update()
    assert project.read("later.txt") == "none\n"
    assert "cache: none\n" in project.read(ANSWERS)


def test_a_new_question_without_a_default_requires_an_answer(project: Project, template: Template) -> None:
    ask_more(template, WITHOUT_DEFAULT)
    before = project.tree()
    output = project.update(code=2)
    assert "There is a new question, region: Where it runs.\n  --data region=VALUE\n" in output
    assert project.tree() == before
    project.update("--data", "region=north")
    assert project.read("later.txt") == "north\n"


def test_the_answer_to_a_removed_question_is_dropped(project: Project, template: Template) -> None:
    ask_more(template, WITH_DEFAULT)
    project.update("--data", "cache=redis")
    project.edit({})
    template.git("checkout", "--quiet", "HEAD~2", "--", "copier.yml")
    template.release("0.4.0")
    project.update()
    assert "cache" not in project.read(ANSWERS)


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_terminal_prompts_only_for_new_questions(project: Project, template: Template) -> None:
    import pexpect

    ask_more(template, WITH_DEFAULT + WITHOUT_DEFAULT)
    use = "from pathlib import Path; from mkbackend.template import source"
    run = f"{use}; source._CHECKOUT = Path({str(template.root)!r})"
    script = f"{run}; from mkbackend.cli import main; main()"
    child = pexpect.spawn(
        sys.executable,
        ["-c", script, "update", str(project.root)],
        env={**environment(), "TERM": "dumb", "COLUMNS": "200"},
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 200),
    )
    child.expect(r"Cache \[none/redis\] \(none\): $")
    child.sendline("redis")
    child.expect("Where it runs: $")
    child.sendline("")
    child.expect("Name one")
    child.sendline("north")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0, child.before
    assert project.read("later.txt") == "redisnorth\n"


def test_an_answer_can_be_changed(project: Project) -> None:
    project.update("--data", "license=Apache-2.0", "-d", "description=Sells {{ things }}")
    assert project.read("LICENSE") == "Apache-2.0, Ada Lovelace\n"
    assert "Sells {{ things }}" in project.read("README.md")
    assert "license: Apache-2.0\n" in project.read(ANSWERS)


def test_an_answer_can_be_changed_without_a_newer_version(project: Project) -> None:
    project.update()
    project.edit({})
    assert "Nothing to do: the project is at 0.2.0." in project.update()
    output = project.update("--data", "license=none")
    assert "0.2.0 to 0.2.0, staged, not committed:\n  ~ .copier-answers.yml\n  - LICENSE\n" in output


def test_an_option_can_be_switched_off_and_on(project: Project) -> None:
    workflow = Path(".github/workflows/ci.yml")
    project.update("--data", "ci=none")
    assert not (project.root / workflow).exists()
    project.edit({})
    project.update("--data", "ci=github")
    assert project.read(str(workflow)) == "on: push\n"


def test_switching_an_option_off_keeps_an_edited_file(project: Project) -> None:
    workflow = ".github/workflows/ci.yml"
    project.edit({workflow: "on: push\nmine: 1\n"})
    project.update("--data", "ci=none", code=1)
    assert project.read(workflow) == "on: push\nmine: 1\n"
    assert project.status()[workflow] == "UD"


def test_switching_an_option_on_conflicts_with_the_owners_file(project: Project) -> None:
    project.edit({".gitlab-ci.yml": "mine: {}\n"})
    project.update("--data", "ci=gitlab", code=1)
    assert project.status()[".gitlab-ci.yml"] == "AA"
    assert "mine: {}" in project.read(".gitlab-ci.yml")
    assert "test: {}" in project.read(".gitlab-ci.yml")


def test_an_intermediate_version_can_be_chosen(project: Project, template: Template) -> None:
    template.put({"later.txt": "later"})
    template.release("0.3.0")
    project.update("--to", "0.2.0")
    assert "_commit: v0.2.0\n" in project.read(ANSWERS)
    assert not (project.root / "later.txt").exists()
    project.edit({})
    project.update("--to", "v0.3.0")
    assert project.read("later.txt") == "later"
