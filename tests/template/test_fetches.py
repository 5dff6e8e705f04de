"""Tests that a project fetches only its own packages, or pinned ones."""

import re
import tomllib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from combinations import CHECKED, Answers, name_of
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .conftest import Render, run

# A command that fetches packages or files, and the rest of its words.
FETCHES = re.compile(
    r"\b(pip3? install|pip3? download|pipx (?:install|run)|uvx|uv tool (?:install|run)|uv pip install|uv add"
    r"|npx|npm (?:install|exec)|pre-commit try-repo|curl|wget|apt-get install|apk add)\b([^`\n;&|]*)"
)
RUNS = {"uvx", "uv tool run", "pipx run"}
# Options with a value; the value of --from is not among them, as uvx fetches it.
WITH_WORD = {"--python", "-p", "-o", "--output", "--target"}
# As in uv==1.2 of pip, NAME@1.2 of uvx, @SCOPE/NAME@1.2 of npm
PINNED = re.compile(r"[\w.-]+==[\d.]+|(@[\w.-]+/)?[\w.-]+@\d+(\.\d+)+")
OWN = re.compile(r"\.(\[[\w,-]+\])?")


def texts(project: Path) -> dict[str, str]:
    named = {path.relative_to(project).as_posix(): path for path in project.rglob("*") if path.is_file()}
    return {name: path.read_text("utf-8") for name, path in named.items() if not name.startswith("tests/")}


def fetched(text: str, *, is_command: bool = True) -> Iterator[str]:
    """Yield the names that the commands in a file fetch."""
    for command, rest in FETCHES.findall(text):
        words = [word.strip("\"'\\,)") for word in rest.split()]
        if command == "npx" and "--package" in words:
            # The program is one of these packages.
            yield from (word for option, word in pairwise(words) if option == "--package")
            continue
        named = [
            word
            for before, word in zip(["", *words], words, strict=False)
            if word and word not in WITH_WORD and before not in WITH_WORD and not word.startswith("-")
        ]
        # These commands fetch the value of --from or the first word. In a sentence, only the first word counts.
        yield from named[:1] if command in RUNS or not is_command else named


def is_owned(word: str, packages: set[str]) -> bool:
    """Return whether a word is the project, one of its packages, pinned, set by the owner, or on this machine."""
    if OWN.fullmatch(word) or word.startswith(("$MKBACKEND", "http://127.0.0.1")):
        return True
    return bool(PINNED.fullmatch(word)) or canonicalize_name(word) in packages


def packages_of(project: Path) -> set[str]:
    declared = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [
        *declared["dependencies"],
        *(line for extra in declared["optional-dependencies"].values() for line in extra),
    ]
    return {canonicalize_name(Requirement(line).name) for line in lines}


@pytest.mark.parametrize("answers", CHECKED, ids=name_of)
def test_a_project_fetches_its_own_packages_or_pinned_ones(answers: Answers, render: Render) -> None:
    project = render(**answers)
    packages = packages_of(project)
    found = {
        (name, word)
        for name, text in texts(project).items()
        for word in fetched(text, is_command=not name.endswith((".py", ".example")))
    }
    assert {(name, word) for name, word in found if not is_owned(word, packages)} == set()
    assert len({word for _, word in found if word.startswith("uv==")}) == 1, "one version of uv"


@pytest.mark.parametrize(
    "line",
    [
        "RUN pip install --no-cache-dir mkbackend",
        "pipx install uv",
        'uvx --from "mkbackend" mkbackend status',
        "- uvx mkbackend status",
        "uv tool install mkbackend>=1",
        "curl -fsS https://example.com/install.sh",
        "npx prettier",
        "npx --yes --package typescript tsc",
        "npx @scope/name@latest",
        "uvx ruff@latest check",
    ],
)
def test_an_unpinned_foreign_name_is_detected(line: str) -> None:
    (word,) = fetched(line)
    assert not is_owned(word, {"fastapi"})


SCRIPTS: dict[str, Callable[[Any, str], list[str]]] = {
    "github": lambda pipeline, job: [step["run"] for step in pipeline["jobs"][job]["steps"] if "run" in step],
    "gitlab": lambda pipeline, job: pipeline[job]["script"],
}
PIPELINES = {"github": ".github/workflows/upkeep.yml", "gitlab": ".gitlab-ci.yml"}
TRUSTED = "git+https://example.com/x@v1"


@pytest.mark.parametrize("host", PIPELINES)
def test_the_weekly_check_runs_only_the_package_set_by_the_owner(host: str, render: Render, tmp_path: Path) -> None:
    pipeline = yaml.safe_load((render(ci=host) / PIPELINES[host]).read_text("utf-8"))
    for program in ("pip", "pipx", "uvx"):
        (tmp_path / program).write_text('#!/bin/sh\necho "$(basename "$0") $*"\n')
        (tmp_path / program).chmod(0o755)

    def weekly(job: str, source: str) -> str:
        shell = ("bash", "-e", "-c", "\n".join(SCRIPTS[host](pipeline, job)))
        return run(*shell, cwd=tmp_path, PATH=f"{tmp_path}:/usr/bin:/bin", MKBACKEND=source, CHECKS="success")

    output = weekly("template", "")
    assert "set the " in output
    assert "uv" not in output
    assert weekly("template", TRUSTED).endswith(f"uvx --from {TRUSTED} mkbackend update --verify\n")
    assert weekly("propose", TRUSTED).endswith(f"uvx --from {TRUSTED} mkbackend propose --checks success\n")
