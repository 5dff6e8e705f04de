"""Tests of rendering: answers and a template become files, and Copier can update the result."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import copier
import pytest
import yaml
from conftest import SMALL_TEMPLATE, Checkout, source_of, write_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mkbackend.errors import BadInputError, Interruption, MkbackendError
from mkbackend.template import source as template
from mkbackend.template.given import read_answers
from mkbackend.template.questions import Questions
from mkbackend.template.render import render
from mkbackend.template.source import Source

PRINTABLE = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n\t", exclude_characters="\ufffe\uffff"),
    max_size=80,
)


def project(source: Source, place: Path, **answers: str) -> Path:
    given_answers = Questions(source.questions).complete({"project_name": "My App", **answers})
    render(source, given_answers, place / "project", place / "scratch")
    return place / "project"


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def test_the_returned_files_are_the_created_files(source: Source, tmp_path: Path) -> None:
    files = render(source, Questions(source.questions).complete({}), tmp_path / "p", tmp_path / "s")
    assert [path.as_posix() for path in files] == sorted(tree(tmp_path / "p"))
    assert {"LICENSE", "README.md", "app/__init__.py", ".github/workflows/ci.yml"} < set(tree(tmp_path / "p"))


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ({"ci": "github"}, {".gitlab-ci.yml"}),
        ({"ci": "gitlab"}, {".github/workflows/ci.yml"}),
        ({"ci": "none", "license": "none"}, {".gitlab-ci.yml", ".github/workflows/ci.yml", "LICENSE"}),
    ],
)
def test_an_option_leaves_out_whole_files(
    source: Source, tmp_path: Path, answers: dict[str, str], missing: set[str]
) -> None:
    every = {name.removesuffix(".jinja") for name in SMALL_TEMPLATE}
    assert every - set(tree(project(source, tmp_path, **answers))) == missing


def test_caches_and_environments_in_a_template_are_not_copied(checkout: Checkout, tmp_path: Path) -> None:
    checkout.commit({f"template/{name}": "x" for name in ("app/__pycache__/a.pyc", ".venv/b", ".ruff_cache/c", ".env")})
    with template.find_source() as source:
        made = project(source, tmp_path)
    assert set(tree(made)) & {"app/__pycache__/a.pyc", ".venv/b", ".ruff_cache/c", ".env"} == set()
    assert not (made / ".venv").exists()


@pytest.fixture
def source(checkout: Checkout) -> Iterator[Source]:
    """Yield the small template."""
    with template.find_source() as found:
        yield found


@settings(
    max_examples=12, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(description=PRINTABLE, author=PRINTABLE, name=PRINTABLE.filter(lambda text: not set(text) & set("\n\t/\\")))
def test_any_printable_text_is_preserved(
    source: Source, tmp_path_factory: pytest.TempPathFactory, description: str, author: str, name: str
) -> None:
    name = name if name.strip() else "x"
    free = {"project_name": name, "project_slug": "slug", "description": description, "author_name": author}
    made = project(source, tmp_path_factory.mktemp("free"), **free)
    answers = read_answers(made / ".copier-answers.yml")
    assert {key: answers[key] for key in free} == free
    assert (made / "README.md").read_bytes().decode() == f"# {name}\n\n{description}\n"


def test_an_answer_is_never_rendered_as_a_template(source: Source, tmp_path: Path) -> None:
    text = "{{ 7 * 7 }} {% raw %} {# x #}"
    made = project(source, tmp_path, description=text, author_name=text)
    assert text in (made / "README.md").read_text()
    assert text in (made / "LICENSE").read_text()


@pytest.mark.parametrize("content", ["defaults:\n  license: none\n", "not: [valid"])
def test_a_users_copier_settings_have_no_effect(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    (tmp_path / "settings.yml").write_text(content)
    monkeypatch.setenv("COPIER_SETTINGS_PATH", str(tmp_path / "settings.yml"))
    with template.find_source() as source:
        assert (project(source, tmp_path) / "LICENSE").is_file()


GIT_SETTINGS = """
[core]
	hooksPath = {home}/hooks
	fsmonitor = {home}/hooks/post-checkout
[init]
	templateDir = {home}/template
	defaultBranch = trunk
[fetch]
	prune = true
	pruneTags = true
[submodule]
	recurse = true
[commit]
	gpgSign = true
[gpg]
	program = false
[safe]
	bareRepository = explicit
"""
# Fetching a repository may need these settings; our own bundle does not.
GIT_SETTINGS_OF_REPOSITORIES = """
[core]
	attributesFile = {home}/attributes
[filter "broken"]
	smudge = false
	required = true
[protocol]
	allow = never
[url "/none/"]
	insteadOf = {home}/
"""


@pytest.mark.skipif(os.name == "nt", reason="hooks are shell scripts")
@pytest.mark.parametrize("elsewhere", [False, True], ids=["the bundle", "a repository"])
def test_no_hook_or_git_setting_of_the_user_affects_the_clone(
    checkout: Checkout, tmp_path: Path, machine: Path, elsewhere: bool
) -> None:
    for folder, name in product(("hooks", "template/hooks"), ("post-checkout", "reference-transaction")):
        (machine / folder).mkdir(parents=True, exist_ok=True)
        write_command(machine / folder / name, f"open({str(machine / 'ran')!r}, 'w'); raise SystemExit(1)")
    (machine / "attributes").write_text("*.py filter=broken\n")
    where = (checkout.root.as_uri(), "HEAD") if elsewhere else (None, None)
    with template.find_source(*where) as source:
        with (machine / ".gitconfig").open("a") as config:
            config.write((GIT_SETTINGS + ("" if elsewhere else GIT_SETTINGS_OF_REPOSITORIES)).format(home=machine))
        assert (project(source, tmp_path) / "app/__init__.py").is_file()
    assert not (machine / "ran").exists()


def test_no_file_is_left_outside_the_scratch_directory(
    checkout: Checkout, tmp_path: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with template.find_source() as source:
        project(source, tmp_path)
    assert list(temporary.iterdir()) == []
    assert not (machine / ".cache").exists()
    assert "COPIER_CACHE_DIR" not in os.environ


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"template/bad.txt.jinja": "{{ nope("}, "Cannot render"),
        ({"copier.yml": "_tasks: [touch x]\n_subdirectory: template\n"}, "runs code during rendering"),
        ({"copier.yml": "_min_copier_version: '99'\n_subdirectory: template\n"}, "requires Copier"),
    ],
)
def test_a_template_that_cannot_be_rendered_is_reported(
    checkout: Checkout, tmp_path: Path, files: dict[str, str], message: str
) -> None:
    checkout.commit(files)
    with template.find_source() as source, pytest.raises(MkbackendError, match=message):
        render(source, {}, tmp_path / "p", tmp_path / "s")


@pytest.mark.skipif(os.name == "nt", reason="the wrapper of git is a shell script")
def test_copier_starts_no_git_for_each_file(checkout: Checkout, tmp_path: Path, machine: Path) -> None:
    """Fails with a Copier that has renamed what `render` patches: look there before its version is allowed."""
    log, git = machine / "log", shutil.which("git")
    (machine / "bin" / "git").write_text(f'#!/bin/sh\necho "$*" >> "{log}"\nexec "{git}" "$@"\n')
    (machine / "bin" / "git").chmod(0o755)
    started = []
    for files in ({}, {f"template/more_{number}.txt": "" for number in range(20)}):
        checkout.commit({"template/first.txt": str(files), **files})
        with template.find_source() as source:
            (place := tmp_path / str(len(files))).mkdir()
            log.unlink(missing_ok=True)
            project(source, place)
        started.append(len(log.read_text().splitlines()))
    assert started[0] == started[1] > 0


def test_an_interrupt_is_reported_if_copiers_cleanup_fails(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise OSError(errno.ENOTEMPTY, "Directory not empty", ".git")

    monkeypatch.setattr(copier, "run_copy", interrupted)
    with pytest.raises(Interruption):
        project(source, tmp_path)


def test_a_missing_version_is_reported(checkout: Checkout, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="v9"):
        render(source_of(str(checkout.root), "v9"), {}, tmp_path / "p", tmp_path / "s")


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("project_name", " "),
        ("project_name", "a/b"),
        ("project_slug", "class"),
        ("project_slug", "fastapi"),
        ("description", "bell\a"),
        ("author_email", "no address"),
        ("license", "GPL"),
    ],
)
def test_plain_copier_refuses_the_same_answers(checkout: Checkout, tmp_path: Path, name: str, answer: str) -> None:
    with pytest.raises(ValueError, match=name):
        plain_copy(checkout.root, tmp_path / "plain", **{name: answer})
    assert not (tmp_path / "plain").exists()


def test_plain_copier_creates_the_same_files(checkout: Checkout, tmp_path: Path) -> None:
    answers = {"project_name": "The {{ Shop }}", "project_slug": "shop", "description": "😀\n# שלום", "ci": "gitlab"}
    plain_copy(checkout.root, tmp_path / "plain", **answers)
    with template.find_source() as source:
        ours = tree(project(source, tmp_path, **answers))
    plain = tree(tmp_path / "plain")
    recorded = ".copier-answers.yml"
    mine, theirs = (yaml.safe_load(files.pop(recorded)) for files in (ours, plain))
    assert ours == plain
    for key in ("_commit", "_src_path"):
        del mine[key], theirs[key]
    assert mine == theirs


@pytest.mark.parametrize("text", ["{{ 7 * 7 }} # \"'\\", "😀\n\nשלום", ""])
def test_plain_copier_updates_a_project_from_the_bundle_at_home(checkout: Checkout, tmp_path: Path, text: str) -> None:
    with template.find_source() as source:
        made = project(source, tmp_path, description=text, author_name=text)
    own = Checkout(made)
    own.git("init", "--quiet")
    own.commit({"mine.txt": "kept"})
    first = read_answers(made / ".copier-answers.yml")
    checkout.commit({"template/later.txt.jinja": "{{ description }}"})
    with template.find_source() as source:  # a later run of mkbackend stores the new version in the home
        newest = source.version
    copier.run_update(made, defaults=True, overwrite=True, quiet=True, settings=copier.Settings())
    assert yaml.safe_load((made / ".copier-answers.yml").read_text())["_commit"] == newest
    assert (made / "later.txt").read_text() == text
    assert (made / "mine.txt").read_text() == "kept"
    assert read_answers(made / ".copier-answers.yml") == first


def test_the_copier_command_copies_from_the_bundle_at_home(checkout: Checkout, tmp_path: Path) -> None:
    with template.find_source() as source:
        command = [sys.executable, "-m", "copier", "copy", "--defaults", source.url, str(tmp_path / "plain")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "make install" in done.stderr
    assert yaml.safe_load((tmp_path / "plain" / ".copier-answers.yml").read_text())["_commit"] == "v0.1.0"


def test_the_real_template_renders_with_its_defaults(render: Callable[..., Path]) -> None:
    made = render(project_name="My App")
    answers = yaml.safe_load((made / ".copier-answers.yml").read_text(encoding="utf-8"))
    assert answers["project_slug"] == "my_app"
    assert not [path for path in made.rglob("*") if path.suffix in {".jinja", ".pyc"}]


def plain_copy(source: Path, target: Path, **answers: str) -> None:
    copier.run_copy(str(source), target, data=answers, defaults=True, quiet=True, settings=copier.Settings())
