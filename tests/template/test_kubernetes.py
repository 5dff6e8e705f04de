"""Tests of the Kubernetes base: valid, complete, and consistent with the service's image, settings and routes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import checkers
import pytest
import yaml
from combinations import FULL

from .conftest import Render, run

# The oldest Kubernetes that the README supports, and the newest with a schema.
VERSIONS = ("1.30.0", "1.37.0")
# PostgreSQL's default max_connections and superuser_reserved_connections
CONNECTIONS, RESERVED = 100, 3
KEYS = {name: f"{letters}0123456789ghijklmnopqrstuvwxyz" for name, letters in (("", "abc"), ("REFRESH_", "def"))}
SECRETS = {"DB_PASSWORD": "0123456789abcdef"} | {f"JWT_{name}SECRET_KEY": key for name, key in KEYS.items()}

# Prints the service's settings and responses with config.env as its environment.
ASKED = """
import asyncio, json, os, sys

from httpx import ASGITransport, AsyncClient

from app.core.config import Settings, get_settings
from app.kit.shutdown import DRAIN_DELAY
from app.main import create_app

settings = get_settings()


async def answers(paths):
    os.environ |= {"DB_HOST": "127.0.0.1", "DB_PORT": "1"}
    transport = ASGITransport(app := create_app())
    async with app.router.lifespan_context(app), AsyncClient(transport=transport, base_url="http://10.0.0.7") as client:
        return [(await client.get(path)).status_code for path in paths]


print(json.dumps({
    "settings": settings.model_dump(mode="json"),
    "secrets": [name for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)],
    "drain_delay": DRAIN_DELAY,
    "answers": asyncio.run(answers(json.loads(sys.argv[1]))),
}))
"""


@pytest.fixture(scope="module")
def project(render: Render) -> Path:
    return render(project_slug="the_shop", deploy="kubernetes")


@pytest.fixture(scope="module")
def base(project: Path) -> dict[str, Any]:
    """Return the YAML files of the base, by name without `.yaml`."""
    return {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in manifests(project, "*")}


@pytest.fixture(scope="module")
def config(project: Path) -> dict[str, str]:
    lines = (project / "kubernetes/config.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.fixture(scope="module")
def container(base: dict[str, Any]) -> dict[str, Any]:
    (container,) = base["deployment"]["spec"]["template"]["spec"]["containers"]
    return dict(container)


@pytest.fixture(scope="module")
def reported(project: Path, python: Path, config: dict[str, str], container: dict[str, Any]) -> dict[str, Any]:
    """Return the service's settings, and its responses to the probes and to a client that uses the pod's address."""
    words = json.dumps([*(get["path"] for get in gets(container)), "/api/v1/users"])
    reported: dict[str, Any] = json.loads(
        run(python, "-c", ASKED, words, cwd=project, **config, **SECRETS).splitlines()[-1]
    )
    return reported


def manifests(project: Path, pattern: str = "[!k]*") -> list[Path]:
    return sorted((project / "kubernetes").glob(f"{pattern}.yaml"))


def gets(container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in ("startup", "liveness", "readiness"):
        yield container[f"{kind}Probe"]["httpGet"]


def pods(base: dict[str, Any]) -> list[dict[str, Any]]:
    return [base[name]["spec"]["template"] for name in ("deployment", "worker", "migration-job")]


# Words with a meaning in YAML, and the longest name.
@pytest.mark.parametrize("slug", ["the_shop", "on", *(("y", "a__b", "a" * 40) if FULL else ())])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_manifests_match_the_schemas(slug: str, version: str, render: Render) -> None:
    project = render(project_slug=slug, deploy="kubernetes")
    checkers.check(*checkers.KUBERNETES, version, *manifests(project))


def test_an_unknown_property_is_detected(tmp_path: Path, project: Path) -> None:
    text = (project / "kubernetes/service.yaml").read_text("utf-8")
    (tmp_path / "service.yaml").write_text(text.replace("targetPort", "target"), encoding="utf-8")
    with pytest.raises(AssertionError, match="target"):
        checkers.check(*checkers.KUBERNETES, VERSIONS[0], tmp_path / "service.yaml")


def test_the_kustomization_lists_each_manifest_and_uses_its_images_and_config(
    project: Path, base: dict[str, Any]
) -> None:
    kustomization = base["kustomization"]
    assert kustomization["resources"] == [path.name for path in manifests(project)]
    (image,), (generated,) = kustomization["images"], kustomization["configMapGenerator"]
    assert generated["envs"] == ["config.env"]
    for pod in pods(base):
        (container,) = pod["spec"]["containers"]
        assert container["image"] == image["name"]
        assert container["envFrom"] == [{"configMapRef": {"name": generated["name"]}}]


def test_selectors_match_the_services_pods_only(base: dict[str, Any]) -> None:
    wanted, *others = (pod["metadata"]["labels"] for pod in pods(base))
    spec = base["deployment"]["spec"]
    (spread,) = spec["template"]["spec"]["topologySpreadConstraints"]
    selectors = [
        spec["selector"]["matchLabels"],
        spread["labelSelector"]["matchLabels"],
        base["service"]["spec"]["selector"],
        base["disruption-budget"]["spec"]["selector"]["matchLabels"],
    ]
    assert selectors == [wanted] * len(selectors)
    assert not any(wanted.items() <= other.items() for other in others)
    assert base["worker"]["spec"]["selector"]["matchLabels"] == others[0]
    assert base["kustomization"]["labels"][0]["pairs"].items() <= wanted.items()


def test_the_migration_can_be_applied_before_the_service(project: Path, base: dict[str, Any]) -> None:
    label = "app.kubernetes.io/component"
    assert f"--selector '{label} notin (api, worker)'" in (project / "kubernetes/README.md").read_text("utf-8")
    labelled = {
        name: manifest["metadata"]["labels"][label] for name, manifest in base.items() if "metadata" in manifest
    }
    assert {name for name, value in labelled.items() if value not in ("api", "worker")} == {"migration-job"}


def test_only_the_autoscaler_sets_the_number_of_pods(base: dict[str, Any]) -> None:
    assert "replicas" not in base["deployment"]["spec"]
    target = base["autoscaler"]["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", base["deployment"]["metadata"]["name"])


def test_a_pod_runs_as_the_images_user_without_privileges(project: Path, base: dict[str, Any]) -> None:
    user = re.search(r"^USER (\d+):(\d+)$", (project / "docker/Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert user
    for pod in pods(base):
        context = pod["spec"]["securityContext"]
        assert [context["runAsUser"], context["runAsGroup"], context["fsGroup"]] == [
            *map(int, [*user.groups(), user[2]])
        ]
        assert context["runAsNonRoot"]
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["spec"]["automountServiceAccountToken"] is False
        (container,) = pod["spec"]["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


def test_volumes_are_mounted_at_the_paths_that_the_service_uses(project: Path, container: dict[str, Any]) -> None:
    mounts = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
    assert mounts == {"/run/secrets": True, "/tmp": False, "/uploads": False}  # noqa: S108 - of the container
    assert "UPLOAD_DIR=/uploads" in (project / "docker/Dockerfile").read_text("utf-8")


def test_secrets_are_mounted_from_a_secret_outside_the_manifests(
    project: Path, base: dict[str, Any], config: dict[str, str], reported: dict[str, Any]
) -> None:
    assert "Secret" not in {manifest["kind"] for manifest in base.values()}
    assert not config.keys() & reported["secrets"]
    readme = (project / "kubernetes/README.md").read_text("utf-8")
    named = set(re.findall(r"^([A-Z_]+)=", readme, re.MULTILINE))
    assert named == {*SECRETS, "SMTP_PASSWORD"} <= set(reported["secrets"])
    for pod in pods(base):
        (volume,) = [volume["secret"] for volume in pod["spec"]["volumes"] if volume["name"] == "secrets"]
        assert f"kubectl create secret generic {volume['secretName']} " in readme
        assert {item["key"] for item in volume.get("items", [])} <= named


def test_the_configuration_starts_the_service_in_production(config: dict[str, str], reported: dict[str, Any]) -> None:
    assert reported["settings"]["ENVIRONMENT"] == "production"
    assert config.keys() <= reported["settings"].keys()


def test_the_readme_lists_every_setting_with_an_example_value(project: Path, config: dict[str, str]) -> None:
    readme = (project / "kubernetes/README.md").read_text("utf-8")
    assert [name for name, value in config.items() if "example.com" in value and f"`{name}`" not in readme] == []


def test_probes_are_exempt_from_the_host_check(container: dict[str, Any], reported: dict[str, Any]) -> None:
    assert {get["port"] for get in gets(container)} == {"http"}
    assert container["ports"] == [{"name": "http", "containerPort": reported["settings"]["PORT"]}]
    # The third checks the database, which is missing.
    assert reported["answers"] == [200, 200, 503, 400]


def test_all_pods_together_leave_connections_to_the_database(
    project: Path, base: dict[str, Any], reported: dict[str, Any]
) -> None:
    settings = reported["settings"]
    largest = base["autoscaler"]["spec"]["maxReplicas"]
    surge = base["deployment"]["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    each = settings["DB_POOL_SIZE"] + settings["DB_MAX_OVERFLOW"]
    used = (largest + surge) * settings["WORKERS"] * each
    worker = base["worker"]["spec"]
    pods = worker["replicas"] + worker["strategy"]["rollingUpdate"]["maxSurge"]
    (container,) = worker["template"]["spec"]["containers"]
    own = {entry["name"]: int(entry["value"]) for entry in container["env"] if entry["value"].isdecimal()}
    pool = settings["DB_POOL_SIZE"] + own["DB_MAX_OVERFLOW"]
    assert own["JOBS_AT_ONCE"] + 1 <= pool, "one for each job, one to take them"
    of_workers = pods * (pool + 1)  # and one to listen
    left = CONNECTIONS - RESERVED - 1 - used - of_workers
    assert left >= 5 + settings["DB_POOL_SIZE"], "for people, and for an old pod that still ends"
    comment = (project / "kubernetes/config.env").read_text("utf-8")
    assert f"({largest} pods + {surge} in a rollout) x {settings['WORKERS']} worker" in comment
    assert f"= {used}." in comment
    assert f"(1 pod + 1 in a rollout) x (5 + 1) = {of_workers}." in comment
    assert f": {left} stay" in comment


def test_a_pod_has_time_to_finish_requests_in_flight(
    project: Path, base: dict[str, Any], container: dict[str, Any], reported: dict[str, Any]
) -> None:
    server = re.search(
        r"timeout_graceful_shutdown=ceil\(settings\.REQUEST_TIMEOUT\) \+ (\d+),",
        (project / "app/__main__.py").read_text("utf-8"),
    )
    assert server
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    needed = pause + reported["drain_delay"] + reported["settings"]["REQUEST_TIMEOUT"] + int(server[1])
    assert needed < base["deployment"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert f"{needed:.0f} s, and some to spare" in (project / "kubernetes/deployment.yaml").read_text("utf-8")


def test_the_readme_waits_as_long_as_the_migration_may_take(project: Path, base: dict[str, Any]) -> None:
    minutes = base["migration-job"]["spec"]["activeDeadlineSeconds"] // 60
    assert f"--timeout={minutes}m job/the-shop-migrate" in (project / "kubernetes/README.md").read_text("utf-8")
