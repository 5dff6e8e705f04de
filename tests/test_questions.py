"""Tests of the questions: answers are validated before anything is written."""

import keyword
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment

from mkbackend.errors import BadInputError, MkbackendError
from mkbackend.template.given import parse_data, read_answers
from mkbackend.template.questions import Questions

NAMES = [
    "project_name",
    "project_slug",
    "description",
    "author_name",
    "author_email",
    "python_version",
    "license",
    "ci",
    "deploy",
    "telemetry",
]


def complete(questions: Questions, **given: object) -> dict[str, object]:
    return questions.complete({"project_name": "My App", **given})


def test_the_questions_are_the_expected_ones(questions: Questions) -> None:
    assert list(questions.asked) == NAMES
    assert list(complete(questions)) == NAMES


def test_every_question_has_a_help_text(questions: Questions) -> None:
    assert all(question.help != question.name for question in questions.asked.values())


@pytest.mark.parametrize("name", ["colour", "reserved_names", "unprintable", "_commit", ""])
def test_an_unknown_question_is_refused_with_the_known_ones(questions: Questions, name: str) -> None:
    with pytest.raises(BadInputError, match="Unknown question") as refused:
        complete(questions, **{name: "x"})
    assert "project_name" in refused.value.hint


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("license", "GPL"),
        ("license", "mit"),
        ("ci", ""),
        ("python_version", "3.11"),
        ("python_version", ["3.12"]),
        ("description", None),
        ("description", True),
        ("description", "x" * 501),
        ("author_name", "x" * 101),
        ("project_slug", "My_App"),
        ("project_slug", "1app"),
        ("project_slug", "app\n"),
        ("project_slug", "a" * 41),
        ("project_slug", "match"),
        ("author_email", "no address"),
        ("author_email", "a@b\n"),
        ("author_email", '"a"@b.c'),
        ("author_email", "<a@b.c>"),
        ("author_email", "a..b@c"),
        ("author_email", "a@b.c>"),
    ],
)
def test_an_invalid_answer_is_reported_with_its_question(questions: Questions, name: str, answer: object) -> None:
    with pytest.raises(BadInputError, match=f"^{name} cannot be") as refused:
        complete(questions, **{name: answer})
    assert name in refused.value.hint


@pytest.mark.parametrize("name", ["description", "author_name"])
@pytest.mark.parametrize("text", ["nul\0", "bell\a", "\x1b[1m", "cr\r", "\x7f", "\x85", "\ud800", "\ufffe"])
def test_control_characters_are_refused(questions: Questions, name: str, text: str) -> None:
    with pytest.raises(BadInputError, match="control characters"):
        complete(questions, **{name: text})


@pytest.mark.parametrize(
    "text", ["", 'it\'s "so" \\ {{ x }} {% y %} {# z #} # $HOME `id`', "line\n\ttwo", "😀 שלום 你好", "\u2028"]
)
def test_any_other_text_is_accepted_unchanged(questions: Questions, text: str) -> None:
    assert complete(questions, description=text)["description"] == text


@pytest.mark.parametrize("email", ["", "ada@example.com", "a.b+c@localhost", "x_y%z@a-b.example"])
def test_plausible_addresses_are_accepted(questions: Questions, email: str) -> None:
    assert complete(questions, author_email=email)["author_email"] == email


def test_a_number_in_an_answers_file_becomes_text(questions: Questions) -> None:
    assert complete(questions, python_version=3.12)["python_version"] == "3.12"


def test_no_project_can_shadow_python_the_standard_library_or_a_dependency(questions: Questions) -> None:
    reserved = set(next(q.default for q in questions.all if q.name == "reserved_names").split())
    python = {*sys.stdlib_module_names, *keyword.kwlist, *keyword.softkwlist}
    assert {name for name in python if re.fullmatch("[a-z][a-z0-9_]*", name)} <= reserved
    used = (ROOT / "template" / "pyproject.toml.jinja").read_text(encoding="utf-8")
    required = {name.replace("-", "_").lower() for name in re.findall(r'^    "([A-Za-z0-9-]+)[\[>=]', used, re.M)}
    assert required <= reserved


def test_yes_and_no_in_an_answers_file_need_no_quotes(questions: Questions, tmp_path: Path) -> None:
    file = tmp_path / "answers.yml"
    for word in ("yes", "no"):
        file.write_text(f"telemetry: {word}\n")
        assert complete(questions, **read_answers(file))["telemetry"] == word


def test_a_yes_or_no_question_accepts_no_other_word() -> None:
    questions = Questions("docs: {type: bool, default: true}")
    assert [questions.complete({"docs": word})["docs"] for word in ("yes", "False", True)] == [True, False, True]
    with pytest.raises(BadInputError, match="yes or no"):
        questions.complete({"docs": "maybe"})


@pytest.mark.parametrize("text", ["a: [", "- a", "a: {default: '{{ nope('}"])
def test_unreadable_questions_are_reported(text: str) -> None:
    with pytest.raises(MkbackendError, match=re.escape("the template's copier.yml")):
        Questions(text).complete({})


def test_an_answers_file_is_read_without_copiers_own_keys(tmp_path: Path) -> None:
    file = tmp_path / "answers.yml"
    file.write_text(yaml.safe_dump({"_commit": "v1", "ci": "none", "description": "{{ 😀 }}"}, allow_unicode=True))
    assert read_answers(file) == {"ci": "none", "description": "{{ 😀 }}"}


@pytest.mark.parametrize("content", [b"", b"just text", b"- a\n", b"a: [", b"\xff\xfe\x00", b"1: 2", b"a: b: c"])
def test_a_malformed_answers_file_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "answers.yml"
    file.write_bytes(content)
    with pytest.raises(BadInputError, match=re.escape(str(file))):
        read_answers(file)


def test_a_missing_answers_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yml", tmp_path):
        with pytest.raises(BadInputError, match="Cannot read"):
            read_answers(path)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the locale does not set the encoding of arguments")
@pytest.mark.parametrize(
    ("locale", "text", "encoding"), [("C", "Café".encode(), "ascii"), ("C.UTF-8", b"Caf\xe9", "utf-8")]
)
def test_an_answer_that_the_locale_cannot_decode_is_refused_with_the_encoding(
    locale: str, text: bytes, encoding: str
) -> None:
    words = (sys.executable, "-m", "mkbackend", "new", "shop", "--yes", "--dry-run", "--data")
    command = [*map(os.fsencode, words), b"project_name=" + text]
    env = os.environ | {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert done.returncode == 2
    assert f"The locale encoding {encoding} cannot decode it: set LC_ALL" in done.stderr.decode("ascii")


def test_data_is_split_at_the_first_equals_sign() -> None:
    assert parse_data(["description=a=b", "author_name="]) == {"description": "a=b", "author_name": ""}


@pytest.mark.parametrize("pair", ["license", "=MIT", ""])
def test_data_without_a_name_and_a_value_is_refused(pair: str) -> None:
    with pytest.raises(BadInputError, match="KEY=VALUE"):
        parse_data([pair])


@pytest.mark.parametrize(
    "expression",
    [
        r"value | regex_search('[a-m]+')",
        r"value | regex_search('(A).*(?P<last>[0-9])?')",
        r"value | regex_search('a.', ignorecase=true)",
        r"value | regex_search('^b', multiline=true)",
        r"value | regex_replace('[^a-z0-9]+', '_')",
        r"value | regex_replace('(a)|(b)', '<\\1\\2>')",
        r"value | regex_replace('A', '', ignorecase=true)",
        r"value | to_json",
        r"[value, 1, none, true, {value: 1.5}] | to_json",
    ],
)
@settings(max_examples=30)
@given(st.text("aAbB0_\n\"'\\<é😀"))
def test_the_filters_of_questions_equal_those_of_copier(expression: str, value: str) -> None:
    text = f"{{{{ {expression} }}}}"
    copier = SandboxedEnvironment(extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"])
    answers = Questions(yaml.safe_dump({"value": {}, "x": {"default": text}})).complete({"value": value})
    assert answers["x"] == copier.from_string(text).render(value=value)
