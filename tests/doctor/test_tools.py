"""Tests of the checks of Python, the tools and the template's age."""

import shutil
from pathlib import Path

import pytest
from conftest import Checkout, write_command

from doctor.patient import Patient, posix, states


def test_a_missing_environment_is_wrong_and_the_other_checks_run(project: Patient) -> None:
    found = project.look()
    assert found["python"]["state"] == "wrong"
    assert ".venv is missing" in found["python"]["found"]
    assert found["service"] == {
        "name": "service",
        "state": "note",
        "found": "settings, database and migrations were not checked: there is no Python in .venv",
        "fix": "make install",
    }
    assert {".env", "port", "git", "template"} <= found.keys()


@posix
def test_a_path_that_programs_would_expand_is_wrong(project: Patient) -> None:
    project.root = project.root.rename(project.root.with_name("50%"))
    found = project.look()["place"]
    assert found["state"] == "wrong"
    assert "contains '%': Alembic expands it" in found["found"]


@posix
def test_uv_finds_the_python_that_would_be_used(project: Patient, machine: Path) -> None:
    elsewhere = Patient(machine).with_python("3.14.1").root / ".venv" / "bin" / "python"
    write_command(machine / "bin" / "uv", f"import sys\nprint({str(elsewhere)!r} if 'find' in sys.argv else 'uv 0.9')")
    found = project.look()["python"]
    assert found["found"] == ".venv is missing; it would be created with Python 3.14.1"
    assert found["fix"] == "make install"


@posix
def test_no_python_at_all_is_reported(project: Patient, machine: Path) -> None:
    write_command(machine / "bin" / "python3", "raise SystemExit(1)")
    (project.root / ".python-version").write_text("3.14\n")
    found = project.look()["python"]
    assert found["found"] == ".venv is missing, and Python 3.14 is not installed"
    assert found["fix"] == "Install Python 3.14, then: make install"
    write_command(machine / "bin" / "uv", "import sys\nprint('uv 0.9')\nsys.exit('find' in sys.argv)")
    assert project.look()["python"]["fix"] == "uv python install 3.14"


@posix
def test_an_unsupported_python_is_wrong(project: Patient) -> None:
    found = project.with_python("3.11.4").look()["python"]
    assert (found["state"], found["found"]) == ("wrong", "3.11.4 in .venv, but the project requires >=3.12")


def test_a_python_other_than_the_pinned_one_is_a_note(patient: Patient) -> None:
    (patient.root / ".python-version").write_text("3.1\n")
    assert patient.look()["python"]["state"] == "note"
    (patient.root / ".python-version").write_text("3.12\n")
    assert patient.look()["python"]["state"] == "ok"


def test_a_broken_environment_is_wrong(patient: Patient) -> None:
    write_command(patient.root / ".venv" / "bin" / "python", "raise SystemExit(1)")
    found = patient.look()
    assert found["python"]["found"] == ".venv is broken: its Python does not run"
    assert found["service"]["state"] == "note"


@pytest.mark.parametrize("line", ["VIRTUAL_ENV='{}'", 'VIRTUAL_ENV="{}"', "    export VIRTUAL_ENV={}"])
def test_an_environment_created_elsewhere_is_wrong(patient: Patient, line: str, tmp_path: Path) -> None:
    activate = patient.root / ".venv" / "bin" / "activate"
    activate.write_text(line.format(patient.root.resolve() / ".venv"))
    assert patient.look()["python"]["state"] == "ok"
    activate.write_text(line.format(tmp_path / "before" / ".venv"))
    found = patient.look()["python"]
    assert found["found"] == f".venv was created at {tmp_path}/before/.venv: the project was moved or copied"
    assert found["fix"] == "make install"


def test_a_missing_optional_tool_is_a_note(patient: Patient, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("git", "sh", "python3"):
        (machine / "bin" / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(machine / "bin"))
    found = patient.look()
    assert {"uv", "make", "docker"} <= states(found, "note")
    assert found["uv"]["found"] == "is not on PATH: make install installs it into .venv"
    assert not states(found, "wrong")
    assert all(found[name]["fix"] for name in ("uv", "make", "docker"))


@pytest.mark.parametrize(
    ("docker", "state", "output"),
    [
        ("print('28.1')", "ok", "28.1, compose 28.1"),
        ("raise SystemExit(1)", "note", "the engine does not respond, the compose plugin is missing"),
        ("import sys\nif 'compose' in sys.argv: sys.exit(1)\nprint(1)", "note", "the compose plugin is missing"),
    ],
)
def test_docker_needs_its_engine_and_compose(
    patient: Patient, machine: Path, docker: str, state: str, output: str
) -> None:
    write_command(machine / "bin" / "docker", docker)
    found = patient.look()["docker"]
    assert found["state"] == state
    assert found["found"].startswith(output)


def test_a_project_without_git_is_reported(patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(patient.root / ".git")
    assert patient.look()["git"]["state"] == "note"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert patient.look()["git"]["state"] == "wrong"


def test_an_outdated_project_is_a_note_with_the_command(patient: Patient, checkout: Checkout) -> None:
    assert patient.look()["template"] == {
        "name": "template",
        "state": "ok",
        "found": "0.1.0, up to date",
        "fix": "",
    }
    checkout.release("0.2.0")
    found = patient.look()["template"]
    assert (found["state"], found["fix"]) == ("note", "mkbackend update")
    assert found["found"] == "0.1.0; this mkbackend has 0.2.0"


def test_a_template_of_another_origin_is_a_note(patient: Patient) -> None:
    answers = patient.root / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("~/.local/share/mkbackend/template.bundle", "git+https://a.test/b"))
    found = patient.look()["template"]
    assert found["state"] == "note"
    assert found["found"].startswith("could not be checked: This project uses a third-party template")
