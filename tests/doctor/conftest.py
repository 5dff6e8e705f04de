"""A project to examine, without and with a Python."""

import os
from pathlib import Path

import pytest
from conftest import Checkout
from typer.testing import CliRunner

from doctor.patient import Patient
from mkbackend import cli


@pytest.fixture
def project(checkout: Checkout) -> Patient:
    made = CliRunner().invoke(cli.app, ["new", "shop", "--yes", "--no-install"])
    assert made.exit_code == 0, made.output
    return Patient(Path("shop").resolve())


@pytest.fixture
def patient(project: Patient) -> Patient:
    if os.name == "nt":
        pytest.skip("programs of POSIX")
    return project.with_python()
