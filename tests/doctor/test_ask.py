"""Tests of a project whose code does not run."""

import pytest
from conftest import write_command

from doctor.patient import Patient, states
from mkbackend.doctor.ask import ask
from mkbackend.errors import MkbackendError


def test_missing_packages_are_reported_once(patient: Patient) -> None:
    patient.told = {"settings": {"missing": "dotenv"}, "database": {"missing": "dotenv"}, "migrations": {"heads": []}}
    found = patient.look()
    assert found["packages"]["found"] == "not installed in .venv: dotenv"
    assert found["packages"]["fix"] == "make install"


def test_a_check_that_older_code_lacks_is_a_note(patient: Patient) -> None:
    patient.told["settings"] = {"error": "the project has no app.core.config"}
    found = patient.look()
    assert found["settings"]["found"] == "could not be checked: the project has no app.core.config"
    assert not states(found, "wrong")


def test_an_invalid_result_is_a_note(patient: Patient) -> None:
    write_command(patient.root / ".venv" / "bin" / "python", "print('3.12.1')")
    found = patient.look()
    assert found["service"]["state"] == "note"
    assert "unexpected output" in found["service"]["found"]


def test_hanging_code_times_out(patient: Patient) -> None:
    write_command(patient.root / ".venv" / "bin" / "python", "import time\ntime.sleep(600)")
    with pytest.raises(MkbackendError, match="did not finish in 1 seconds"):
        ask(patient.root, patience=1)
