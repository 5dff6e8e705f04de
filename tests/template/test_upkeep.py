"""Tests of the weekly pipelines: which job runs when, and which has a token that can write."""

import re
from typing import Any

import pytest
import yaml

from .conftest import Render
from .test_fetches import PIPELINES

SCHEDULE = '$CI_PIPELINE_SOURCE == "schedule"'


def pipeline(host: str, render: Render) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((render(ci=host) / PIPELINES[host]).read_text("utf-8"))
    return found


def test_only_the_job_that_runs_no_code_of_the_project_can_write_on_github(render: Render) -> None:
    workflow = pipeline("github", render)
    jobs = workflow["jobs"]
    assert workflow["permissions"] == {"contents": "read"}
    assert {name for name, job in jobs.items() if "permissions" in job} == {"propose"}
    assert jobs["propose"]["permissions"] == {"contents": "write", "issues": "write", "pull-requests": "write"}
    lines = [step.get("run", "") for step in jobs["propose"]["steps"]]
    assert [line for line in lines if "make" in line or "--verify" in line] == []
    with_token = [
        step for job in jobs.values() for step in job["steps"] if re.search("token|secrets", str(step.get("env")))
    ]
    assert with_token == [jobs["propose"]["steps"][-1]]
    assert {
        step["with"]["persist-credentials"] for job in jobs.values() for step in job["steps"] if "uses" in step
    } == {False}


def test_an_update_is_proposed_on_github_where_the_owner_set_what_to_trust(render: Render) -> None:
    propose = pipeline("github", render)["jobs"]["propose"]
    assert propose["if"] == "${{ !cancelled() && vars.MKBACKEND != '' }}"
    assert propose["needs"] == "template"
    assert propose["env"]["CHECKS"] == "${{ needs.template.result }}"


@pytest.mark.parametrize(
    ("job", "when", "checks"), [("propose", None, "success"), ("propose-failure", "on_failure", "failure")]
)
def test_an_update_is_proposed_on_gitlab_where_the_owner_set_what_to_trust(
    job: str, when: str | None, checks: str, render: Render
) -> None:
    found = pipeline("gitlab", render)
    job_ = {**found["propose"], **found[job]}
    assert job_["needs"] == ["template"]
    (rule,) = job_["rules"]
    assert (rule["if"], rule.get("when")) == (f"{SCHEDULE} && $MKBACKEND", when)
    assert job_["variables"]["CHECKS"] == checks


def test_the_token_of_gitlab_can_be_limited_to_the_jobs_that_propose(render: Render) -> None:
    found = pipeline("gitlab", render)
    with_environment = {name for name, job in found.items() if "environment" in job}
    assert with_environment == {"propose"}
    assert found["propose"]["environment"] == {"name": "update", "action": "access"}
    assert found["propose-failure"]["extends"] == "propose"
