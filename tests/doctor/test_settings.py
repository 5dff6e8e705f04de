"""Tests of the checks of .env and of the settings."""

import subprocess

import pytest

from doctor.patient import Patient, states


def test_a_missing_env_is_wrong_unless_the_environment_has_all_settings(patient: Patient) -> None:
    (patient.root / ".env").unlink()
    assert patient.look()[".env"]["state"] == "ok"
    found = patient.look(settings={"problems": ["SECRET_KEY: Field required"], "given": []})
    assert found[".env"]["found"] == "is missing"
    assert found[".env"]["fix"].endswith("scripts/init_env.py")
    assert states(found, "wrong") == {".env"}  # one problem, not one for each setting


def test_an_env_that_git_tracks_is_wrong(patient: Patient) -> None:
    subprocess.run(["git", "add", "--force", ".env"], cwd=patient.root, check=True)
    found = patient.look()[".env"]
    assert (found["state"], found["fix"]) == ("wrong", "git rm --cached .env")


def test_an_env_that_git_does_not_ignore_is_a_note(patient: Patient) -> None:
    (patient.root / ".gitignore").write_text(".venv/\n")
    found = patient.look()[".env"]
    assert (found["state"], found["fix"]) == ("note", "echo .env >> .gitignore")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1"])
def test_an_env_of_another_encoding_is_wrong(patient: Patient, encoding: str) -> None:
    (patient.root / ".env").write_text("DB_PASSWORD=é\n", encoding)
    found = patient.look()[".env"]
    assert (found["state"], found["fix"]) == ("wrong", "Save it as UTF-8.")


def test_settings_that_prevent_a_start_are_reported(patient: Patient) -> None:
    found = patient.look(settings={"problems": ["LOG_LEVEL: Input should be 'INFO'", "KEY: is weak: give 32"]})
    assert found["settings"]["found"] == "are invalid: LOG_LEVEL: Input should be 'INFO'"
    assert found["secrets"]["found"] == "KEY is weak: give 32"
    assert states(found, "wrong") == {"settings", "secrets"}


def test_a_secret_too_weak_for_production_is_a_note(patient: Patient) -> None:
    found = patient.look(settings={"weak": ["DB_PASSWORD"]})["secrets"]
    assert (found["state"], found["found"]) == ("note", "DB_PASSWORD is weak: production rejects it")


def test_a_misspelt_setting_is_wrong_and_suggests_the_closest_name(patient: Patient) -> None:
    found = patient.look(settings={"given": ["DB_HOTS", "COMPOSE_FILE"]})["names"]
    assert (found["state"], found["fix"]) == ("wrong", "Rename it to DB_HOST.")
    assert "DB_HOTS in .env is not a setting" in found["found"]
    assert patient.look(settings={"given": ["log_level"]})["names"]["fix"] == "Rename it to LOG_LEVEL."


def test_an_unknown_setting_without_a_close_match_is_a_note(patient: Patient) -> None:
    found = patient.look(settings={"given": ["ZEBRA", "DB_HOST", "DB_HOSTS"]})["names"]
    assert found["state"] == "note"
    assert found["found"] == "unknown in .env: ZEBRA, DB_HOSTS (did you mean DB_HOST?)"
