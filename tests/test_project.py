"""Tests of a new project's path, names and equivalent command."""

import dataclasses
import os
from pathlib import Path

import pytest

from mkbackend.errors import BadInputError
from mkbackend.new.project import Project
from mkbackend.template.questions import Questions


def plan(questions: Questions, place: str | None, **given: str) -> Project:
    return Project.plan(place, given, {"author_name": "Ada"}, questions)


@pytest.mark.parametrize(
    ("name", "slug"),
    [("myapp", "myapp"), ("my-app", "my_app"), ("My App", "my_app"), ("Shop 24/7".replace("/", " "), "shop_24_7")],
)
def test_the_last_part_of_the_path_names_the_project(questions: Questions, name: str, slug: str) -> None:
    project = plan(questions, f"some/where/{name}")
    assert (project.answers["project_name"], project.answers["project_slug"]) == (name, slug)
    assert project.target == Path.cwd() / "some" / "where" / name


@pytest.mark.parametrize("name", ["", " ", "class", "None", "123", "email", "json", "fastapi", "app", "🚀", "a" * 300])
def test_a_path_that_is_not_a_valid_name_is_refused(questions: Questions, name: str) -> None:
    with pytest.raises(BadInputError) as refused:
        plan(questions, name)
    assert refused.value.hint


@pytest.mark.parametrize(
    "name", ["a/b", "a\\b", "two\nlines", "tab\tbed", "nul\0", "\x1b[31m", "\udcff", "", "é" * 101]
)
def test_an_invalid_name_is_refused(questions: Questions, name: str) -> None:
    with pytest.raises(BadInputError, match=r"project_name|needs a name"):
        plan(questions, None, project_name=name)


def test_a_dot_is_the_current_directory(questions: Questions, tmp_path: Path) -> None:
    assert plan(questions, ".").answers["project_name"] == "work"
    assert plan(questions, ".").target == tmp_path / "work"


def test_a_given_name_overrides_the_path(questions: Questions) -> None:
    project = plan(questions, "shop", project_name="The Shop")
    assert (project.target.name, project.answers["project_slug"]) == ("shop", "the_shop")


@pytest.mark.parametrize(("name", "place"), [("my-app", "my-app"), ("My App", "my_app"), ("café!", "caf")])
def test_without_a_path_the_directory_is_named_after_the_project(questions: Questions, name: str, place: str) -> None:
    assert plan(questions, None, project_name=name).place == place


def test_a_project_needs_a_path_or_a_name(questions: Questions) -> None:
    with pytest.raises(BadInputError, match="needs a name"):
        plan(questions, None)


def test_an_answer_overrides_a_guess(questions: Questions) -> None:
    assert plan(questions, "shop").answers["author_name"] == "Ada"
    assert plan(questions, "shop", author_name="Grace").answers["author_name"] == "Grace"


def test_the_command_contains_only_chosen_answers(questions: Questions) -> None:
    assert plan(questions, "shop", license="MIT").command() == "mkbackend new shop --yes"
    project = plan(questions, "shop", project_name="The Shop", ci="none", description="it's {{ x }}")
    assert project.command().startswith("mkbackend new shop --yes --data 'project_name=The Shop' --data ")
    assert project.command().endswith("--data ci=none")


def test_the_command_uses_the_answers_file_for_answers_of_several_lines(questions: Questions) -> None:
    assert plan(questions, "shop", description="a\nb").command().endswith("--answers shop/.copier-answers.yml")


def test_a_project_is_immutable(questions: Questions) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan(questions, "shop").place = "other"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize("place", ["a%20b", "a$HOME", 'a"b', "a`b", f"a{os.pathsep}b", "a\nb", "a%b/shop"])
def test_a_path_that_programs_would_expand_is_refused(place: str, questions: Questions) -> None:
    with pytest.raises(BadInputError, match="The project cannot be created there"):
        Project.plan(place, {"project_name": "shop"}, {}, questions)
