"""Tests of the checks of the database, the migrations and the jobs."""

from typing import Any

import pytest

from doctor.patient import EMBEDDED, NAMED, OURS, Patient


def test_the_embedded_database_may_be_stopped(patient: Patient) -> None:
    found = patient.look()
    assert found["database"]["found"] == "embedded PostgreSQL, not running: make dev starts it"
    assert found["migrations"]["state"] == "ok"


def test_no_configured_database_is_wrong(patient: Patient) -> None:
    patient.told["database"] = {"none": "No database. Set DATABASE_URL or DB_HOST"}
    found = patient.look()
    assert found["database"]["state"] == "wrong"
    assert "migrations" not in found


@pytest.mark.parametrize(
    ("told", "state", "output"),
    [
        (NAMED | OURS, "ok", "shop at db:5432 (DB_HOST is set in .env) responds"),
        (NAMED | {"runs": False, "away": "connection refused"}, "wrong", "cannot be used: connection refused"),
        (NAMED | {"runs": True, "lacks": "shop"}, "wrong", "responds, but has no database shop"),
        (NAMED | {"runs": True, "tables": ["films"], "revisions": []}, "wrong", "another application: films"),
        (EMBEDDED | OURS, "ok", "shop at 127.0.0.1:5433 (embedded PostgreSQL) responds"),
        (EMBEDDED | {"runs": True, "lacks": "shop"}, "ok", "make dev creates the database"),
        (EMBEDDED | {"runs": False, "away": "starting up"}, "note", "does not respond: starting up"),
    ],
)
def test_the_database_is_checked(patient: Patient, told: dict[str, Any], state: str, output: str) -> None:
    patient.told["database"] = told
    found = patient.look()["database"]
    assert found["state"] == state
    assert output in found["found"]
    assert bool(found["fix"]) == (state != "ok")


@pytest.mark.parametrize(
    ("told", "state", "output", "fix"),
    [
        ({"pending": []}, "ok", "none pending", ""),
        ({"pending": ["a", "b"]}, "wrong", "2 pending: a, b", "make migrate-up"),
        ({"pending": list("abcde")}, "wrong", "5 pending: a, b, c and 2 more", "make migrate-up"),
        ({"beyond": ["f0"]}, "wrong", "the database has f0, which the project lacks", "git pull"),
        ({"heads": ["a1", "b2"]}, "wrong", "have 2 heads: a1, b2", "alembic merge"),
    ],
)
def test_migrations_are_checked(patient: Patient, told: dict[str, Any], state: str, output: str, fix: str) -> None:
    found = patient.look(database=EMBEDDED | OURS, migrations=told)["migrations"]
    assert found["state"] == state
    assert output in found["found"]
    assert fix in found["fix"]


@pytest.mark.parametrize(
    ("jobs", "output"),
    [
        ({"late": 3, "failed": 1}, "3 have waited for five minutes or more: no worker runs them"),
        ({"late": 0, "failed": 1}, "1 failed after all retries"),
    ],
)
def test_late_and_failed_jobs_are_reported(patient: Patient, jobs: dict[str, int], output: str) -> None:
    found = patient.look(database=EMBEDDED | OURS | {"jobs": jobs})["jobs"]
    assert (found["state"], found["found"]) == ("note", output)
    assert found["fix"]


@pytest.mark.parametrize(("does_jobs", "told"), [(False, True), (True, False), (None, False)])
def test_jobs_in_no_process_are_reported(patient: Patient, does_jobs: bool | None, told: bool) -> None:
    found = patient.look(settings={"jobs_in_api": does_jobs})
    assert ("jobs" in found) == told
    if told:
        assert found["jobs"]["state"] == "note"
        assert "JOBS_IN_API is not true" in found["jobs"]["found"]
        assert "JOBS_IN_API=true in .env" in found["jobs"]["fix"]


@pytest.mark.parametrize("jobs", [{}, {"late": 0, "failed": 0}])
def test_jobs_done_in_time_are_not_reported(patient: Patient, jobs: dict[str, int]) -> None:
    assert "jobs" not in patient.look(database=EMBEDDED | OURS | {"jobs": jobs})
