"""Tests of what `mkbackend doctor` prints, and of its exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

from documents import require
from typer.testing import CliRunner

from doctor.patient import Patient, states
from mkbackend import cli


def test_a_healthy_project_has_no_problem(patient: Patient) -> None:
    result = patient.run()
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("\nNo problems found.\n")
    assert not states(patient.look(), "wrong")


def test_a_problem_is_followed_by_its_fix(patient: Patient) -> None:
    (patient.root / ".env").chmod(0o644)
    result = patient.run()
    assert result.exit_code == 1
    output = [line.strip() for line in result.stdout.splitlines()]
    place = next(number for number, line in enumerate(output) if "can be read by other accounts (mode 0644)" in line)
    assert output[place + 1] == "chmod 600 .env"
    assert output[-1] == "Problems: 1."


def test_json_is_one_object(patient: Patient) -> None:
    result = patient.run("--json")
    found = json.loads(result.stdout)
    assert list(found) == ["path", "checks", "wrong"]
    require("doctor", [found])
    assert found["path"] == str(patient.root)
    assert all(list(check) == ["name", "state", "found", "fix"] for check in found["checks"])
    assert not result.stderr


def test_a_folder_that_is_not_a_project_is_exit_code_2(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli.app, ["doctor", str(tmp_path), "--json"])
    assert result.exit_code == 2
    assert "has no .copier-answers.yml" in json.loads(result.stdout)["error"]["message"]


def test_symbols_are_ascii_on_an_ascii_terminal(patient: Patient) -> None:
    (patient.root / ".env").chmod(0o644)
    words = [sys.executable, "-m", "mkbackend", "doctor", str(patient.root)]
    patient.run()  # writes the result of the probe
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(words, env=env, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert b"\nx  .env " in done.stdout
    assert b"ok python" in done.stdout
    assert b"?" not in done.stdout


def test_it_writes_nothing(patient: Patient, machine: Path) -> None:
    patient.run()
    places = (*patient.root.rglob("*"), *machine.rglob("*"))
    before = {path: path.stat().st_mtime_ns for path in places if path.name != "answer"}
    patient.run()
    places = (*patient.root.rglob("*"), *machine.rglob("*"))
    assert {path: path.stat().st_mtime_ns for path in places if path.name != "answer"} == before
