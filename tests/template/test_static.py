"""Tests of all combinations of options without running them: lint, leftover tags, valid files."""

import json
import re
import sys
import tomllib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from combinations import CHECKED, QUESTIONS, Answers, name_of

from .conftest import CHECKS, Render, run

each_combination = pytest.mark.parametrize("answers", CHECKED, ids=name_of)

# Files that depend on an option. All others are in every project.
BROUGHT = {
    ".github": {"ci": "github"},
    ".gitlab-ci.yml": {"ci": "gitlab"},
    "renovate.json": {"ci": "gitlab"},
    "kubernetes": {"deploy": "kubernetes"},
    "app/kit/telemetry": {"telemetry": "yes"},
    "docs/telemetry.md": {"telemetry": "yes"},
    "tests/telemetry": {"telemetry": "yes"},
    "tests/integration/kit/telemetry": {"telemetry": "yes"},
    "tests/unit/kit/telemetry": {"telemetry": "yes"},
}
LICENCES = {
    "MIT": "MIT License",
    "Apache-2.0": "Apache License",
    "BSD-3-Clause": "Redistributions in binary form",
}
# A file in a folder of the project, without an asterisk or a placeholder, or a document or manifest.
NAMED_FILE = re.compile(
    r"(?<![\w./*-])((?:alembic|app|docker|docs|kubernetes|scripts|tests)/[\w./-]*\w\.[a-z]+|[\w-]+\.(?:md|yaml))\b"
)
# Files that a guide creates, and those of `mkbackend add book`.
NEW_FILE = re.compile(r"`([^`]+)`, a new file:")
BOOK = re.compile(r"/(?:\w*_)?books?(?:_\w+)?\.py$")
# `make diagram` writes it.
DIAGRAM = "docs/diagram.md"
READERS: dict[str, Callable[[str], object]] = {
    ".json": json.loads,
    ".toml": tomllib.loads,
    ".xml": ElementTree.fromstring,
    ".yaml": lambda text: list(yaml.safe_load_all(text)),
    ".yml": lambda text: list(yaml.safe_load_all(text)),
}
SCHEMAS = {
    "docker/docker-compose*.yml": ["vendor.compose-spec"],
    ".github/workflows/*.yml": ["vendor.github-workflows"],
    ".github/dependabot.yml": ["vendor.dependabot"],
    ".gitlab-ci.yml": ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
    "renovate.json": ["vendor.renovate"],
}


def files(project: Path) -> dict[str, str]:
    return {
        path.relative_to(project).as_posix(): path.read_text("utf-8") for path in project.rglob("*") if path.is_file()
    }


checked = set[tuple[str, str]]()


@pytest.mark.parametrize("name", CHECKS)
@each_combination
def test_a_check_passes(answers: Answers, name: str, check: Callable[[str, Path, Path], None], render: Render) -> None:
    # The same code with the same settings is checked once: most options change no Python file.
    project = render(**answers)
    if (name, read_by_checks(project)) not in checked:
        check(name, project, project / "pyproject.toml")
        checked.add((name, read_by_checks(project)))


def read_by_checks(project: Path) -> str:
    """Return a digest of the files that a check reads: all but texts, and of `pyproject.toml` all but its licence."""
    read = {name: text for name, text in files(project).items() if name.endswith((".py", ".pyi", ".ini", ".typed"))}
    config = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))
    for key in ("license", "license-files"):
        config["project"].pop(key, None)
    return sha256(json.dumps([config, read], sort_keys=True, default=str).encode()).hexdigest()


@each_combination
def test_no_jinja_tag_is_left(answers: Answers, render: Render) -> None:
    # GitHub's expressions are similar, but begin with a dollar.
    tagged = {name for name, text in files(render(**answers)).items() if re.search(r"(?<!\$)\{\{|\{%|\{#", text)}
    assert tagged == set()


@each_combination
def test_an_option_adds_its_files_and_no_others(answers: Answers, render: Render) -> None:
    project = render(**answers)
    for name, needed in BROUGHT.items():
        wanted = all(answers.get(key, QUESTIONS[key]["default"]) == value for key, value in needed.items())
        assert (project / name).exists() == wanted, name
    licence = answers.get("license", QUESTIONS["license"]["default"])
    text = files(project).get("LICENSE", "")
    assert [name for name, words in LICENCES.items() if words in text] == [licence] * (licence != "none")


@each_combination
def test_an_option_changes_no_python_file(answers: Answers, render: Render) -> None:
    # It may leave out whole folders.

    def python_files(project: Path) -> dict[str, str]:
        return {name: text for name, text in files(project).items() if name.endswith((".py", ".mako"))}

    found, all_files = python_files(render(**answers)), python_files(render())
    assert found.items() <= all_files.items()
    assert not [name for name in all_files.keys() - found.keys() if not name.startswith(tuple(BROUGHT))]


@each_combination
def test_every_file_that_a_text_names_exists(answers: Answers, render: Render) -> None:
    found = files(render(**answers))
    new = {path for text in found.values() for path in NEW_FILE.findall(text)} | {DIAGRAM}
    beside = {Path(name).name for name in (*found, DIAGRAM)}

    def is_there(named: str) -> bool:
        return named in found or named in new or bool(BOOK.search(named)) or ("/" not in named and named in beside)

    missing = {(name, named) for name, text in found.items() for named in NAMED_FILE.findall(text)}
    assert {(name, named) for name, named in missing if not is_there(named)} == set()


@each_combination
def test_a_project_without_telemetry_does_not_mention_it(answers: Answers, render: Render) -> None:
    # Not its settings and packages either. A project with telemetry explains them.
    words = re.compile("telemetry|metrics_port|otlp|sentry|prometheus|trace_id", re.IGNORECASE)
    found = {name for name, text in files(render(**answers)).items() if words.search(text)} - {".copier-answers.yml"}
    if answers.get("telemetry") == "no":
        assert found == set()
    else:
        assert {"README.md", "SECURITY.md", "docs/telemetry.md", "pyproject.toml", ".env.example"} <= found


@each_combination
def test_the_python_version_is_the_same_everywhere(answers: Answers, render: Render) -> None:
    project = render(**answers)
    version = answers.get("python_version", QUESTIONS["python_version"]["default"])
    assert (project / ".python-version").read_text() == f"{version}\n"
    others = {value for value in QUESTIONS["python_version"]["choices"] if value not in (version, "3.12")}
    places = {name: text for name, text in files(project).items() if re.search(r"docker/|\.git(hub|lab)", name)}
    assert {(name, other) for name, text in places.items() for other in others if other in text} == set()


@each_combination
def test_the_answers_are_recorded_without_secrets(answers: Answers, render: Render) -> None:
    kept = yaml.safe_load((render(**answers) / ".copier-answers.yml").read_text("utf-8"))
    assert kept.keys() == QUESTIONS.keys() | {"_commit", "_src_path"}
    assert kept.items() >= answers.items()


@each_combination
def test_no_file_contains_a_secret(answers: Answers, render: Render) -> None:
    project = render(**answers)
    assert not (project / ".env").exists()
    random = re.compile(r"\b[0-9a-f]{32,}\b(?! +# v)")  # a pinned action has a hash, and a comment with its version
    assert {name for name, text in files(project).items() if random.search(text)} == set()


@each_combination
def test_every_data_file_can_be_parsed(answers: Answers, render: Render) -> None:
    for name, text in files(render(**answers)).items():
        if reader := READERS.get(Path(name).suffix):
            reader(text)


@each_combination
def test_data_files_match_their_schemas(answers: Answers, render: Render) -> None:
    project = render(**answers)
    for pattern, schema in SCHEMAS.items():
        for path in project.glob(pattern):
            run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, path, cwd=project)
