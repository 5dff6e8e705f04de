"""Tests of the job that publishes an image, with a stand-in for Docker which records its calls."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Done, Render, attempt
from .test_fetches import SCRIPTS

PIPELINES = {"github": ".github/workflows/ci.yml", "gitlab": ".gitlab-ci.yml"}
IMAGE = "registry.example.com/acme/shop"
TOKEN = "only-for-this-job"
# Records its words, and what login reads; answers `create` with an id; fails at the command that FAILS names.
DOCKER = """#!/bin/sh
echo "$*" >>"$CALLS"
case $1 in
create) echo the-scan ;;
login) cat >"$CALLS.password" ;;
esac
test "$1" != "$FAILS"
"""


@pytest.fixture(params=PIPELINES)
def pipeline(request: pytest.FixtureRequest, render: Render) -> tuple[str, Path]:
    return request.param, render(ci=request.param)


def publish(pipeline: tuple[str, Path], tmp_path: Path, tag: str = "v0.1.0", fails: str = "") -> tuple[Done, list[str]]:
    """Run the lines of the job at a tag; return its end, and the calls of Docker."""
    host, project = pipeline
    for name in ("app/__init__.py", "docker/release.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(project / name, tmp_path / name)
    calls, docker = tmp_path / "calls", tmp_path / "bin/docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER)
    docker.chmod(0o755)
    calls.touch()
    done = attempt(
        *("bash", "-e", "-o", "pipefail", "-c", "\n".join(SCRIPTS[host](read(pipeline), "publish"))),
        cwd=tmp_path,
        PATH=f"{docker.parent}:/usr/bin:/bin",
        CALLS=str(calls),
        FAILS=fails,
        PUBLISH_IMAGE=IMAGE,
        GITHUB_REF_NAME=tag,
        GITHUB_ACTOR="ada",
        REGISTRY_TOKEN=TOKEN,
        CI_COMMIT_TAG=tag,
        CI_REGISTRY_USER="ada",
        CI_REGISTRY_PASSWORD=TOKEN,
    )
    return done, calls.read_text().splitlines()


def read(pipeline: tuple[str, Path]) -> dict[str, Any]:
    host, project = pipeline
    found: dict[str, Any] = yaml.safe_load((project / PIPELINES[host]).read_text("utf-8"))
    return found


def test_an_image_is_scanned_before_it_is_pushed(pipeline: tuple[str, Path], tmp_path: Path) -> None:
    done, calls = publish(pipeline, tmp_path)
    assert done.code == 0, done.output
    names = [call.split()[0] for call in calls]
    assert names == ["build", "save", "create", "cp", "start", "rm", "login", "push"]
    assert f"--tag {IMAGE}:0.1.0 " in calls[0]
    assert calls[1].endswith(f" {IMAGE}:0.1.0")
    assert calls[4:] == [
        "start --attach the-scan",
        "rm the-scan",
        "login registry.example.com --username ada --password-stdin",
        f"push {IMAGE}:0.1.0",
    ]
    assert (tmp_path / "calls.password").read_text() == TOKEN


def test_the_scanner_gets_no_socket_and_fails_at_what_can_be_fixed(pipeline: tuple[str, Path], tmp_path: Path) -> None:
    _, calls = publish(pipeline, tmp_path)
    words = calls[2].split()
    assert re.fullmatch(r"anchore/grype:v\d+\.\d+\.\d+", words[1])
    assert words[2:] == ["docker-archive:/image.tar", "--only-fixed", "--fail-on", "high"]
    assert calls[3].endswith(" the-scan:/image.tar")


@pytest.mark.parametrize(("fails", "names"), [("build", "build"), ("start", "build save create cp start rm")])
def test_an_image_that_fails_is_not_pushed_and_no_copy_stays(
    pipeline: tuple[str, Path], tmp_path: Path, fails: str, names: str
) -> None:
    done, calls = publish(pipeline, tmp_path, fails=fails)
    assert done.code != 0
    assert [call.split()[0] for call in calls] == names.split()


def test_a_tag_that_is_not_the_version_is_refused(pipeline: tuple[str, Path], tmp_path: Path) -> None:
    done, calls = publish(pipeline, tmp_path, tag="v0.2.0")
    assert done.code != 0
    assert "v0.2.0 is not v and the version in app/__init__.py: tag v0.1.0, or raise" in done.output
    assert calls == []


def test_only_publish_may_write_packages_on_github(render: Render) -> None:
    workflow = read(("github", render(ci="github")))
    jobs = workflow["jobs"]
    assert workflow["permissions"] == {"contents": "read"}
    assert {name: job["permissions"] for name, job in jobs.items() if "permissions" in job} == {
        "publish": {"contents": "read", "packages": "write"}
    }
    with_token = [step for job in jobs.values() for step in job["steps"] if "token" in str(step.get("env"))]
    assert with_token == [jobs["publish"]["steps"][-1]]


def test_an_image_is_published_at_a_version_where_the_owner_set_its_name(render: Render) -> None:
    jobs = read(("github", render(ci="github")))["jobs"]
    assert jobs["publish"]["if"] == "startsWith(github.ref, 'refs/tags/v') && vars.PUBLISH_IMAGE != ''"
    assert set(jobs["publish"]["needs"]) == {
        name for name, job in jobs.items() if name != "publish" and "if" not in job
    }
    found = read(("gitlab", render(ci="gitlab")))
    rule = {"if": "$CI_COMMIT_TAG =~ /^v/ && $PUBLISH_IMAGE"}
    assert found["publish"]["rules"] == [rule]
    assert rule in found["workflow"]["rules"]
    assert set(found["publish"]["needs"]) == {"lint", "test", "contract"}
