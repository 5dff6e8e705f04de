"""Tests of all combinations of options with a checker for each kind of file; equal texts are checked once."""

import re
from collections.abc import Callable
from pathlib import Path

import checkers
import pytest
import yaml
from combinations import CHECKED, Answers, name_of

from .conftest import Render

Check = Callable[[Path], None]


def by(*command: str) -> Check:
    return lambda path: checkers.check(*command, path)


def scripts(path: Path) -> None:
    checkers.check_gitlab_scripts(yaml.safe_load(path.read_text("utf-8")))


CHECKS: dict[str, tuple[str, Check]] = {
    "hadolint": ("docker/Dockerfile", by(*checkers.HADOLINT)),
    "shellcheck": ("docker/*.sh", by(*checkers.SHELLCHECK)),
    "actionlint": (".github/workflows/*.yml", by(*checkers.ACTIONLINT)),
    "zizmor": (".github/workflows/*.yml", by(*checkers.ZIZMOR)),
    "scripts of GitLab": (".gitlab-ci.yml", scripts),
}
# Files with one error each, to show that each checker works.
FAULTY = {
    "hadolint": "FROM python\n",
    "shellcheck": "#!/bin/sh\necho $HOME\n",
    "actionlint": "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'echo $HOME'}]}}\n",
    "zizmor": "on: pull_request_target\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: make}]}}\n",
    "scripts of GitLab": "a: {script: ['echo $HOME']}\n",
}

checked = set[tuple[str, str]]()


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize("answers", CHECKED, ids=name_of)
def test_a_checker_accepts_the_files(answers: Answers, name: str, render: Render) -> None:
    pattern, check = CHECKS[name]
    for path in render(**answers).glob(pattern):
        text = path.read_text("utf-8")
        if (name, text) not in checked:
            check(path)
            checked.add((name, text))


@pytest.mark.parametrize("name", CHECKS)
def test_a_checker_detects_an_error(name: str, tmp_path: Path) -> None:
    path = tmp_path / Path(CHECKS[name][0].replace("*", "ci"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(FAULTY[name], encoding="utf-8")
    with pytest.raises(AssertionError):
        CHECKS[name][1](path)


@pytest.mark.parametrize("name", CHECKS)
def test_a_checker_has_files_to_check(name: str, render: Render) -> None:
    assert any([*render(**answers).glob(CHECKS[name][0])] for answers in CHECKED)


def test_the_scripts_in_the_image_import_no_missing_script(render: Render) -> None:
    project = render()
    kept = {line[1:] for line in (project / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"}
    scripts = [name for name in kept if name.startswith("scripts/") and not name.endswith("__init__.py")]
    imports = re.compile(r"^(?:from|import) ((?:scripts|tests)\.\w+)", re.MULTILINE)
    found = {module for name in scripts for module in imports.findall((project / name).read_text("utf-8"))}
    assert scripts
    assert {f"{module.replace('.', '/')}.py" for module in found} <= kept
