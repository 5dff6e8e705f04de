"""Tests of the optional Ingress and NetworkPolicy: valid, and consistent with the base and the settings."""

import re
import shutil
from pathlib import Path
from typing import Any

import checkers
import pytest
import yaml

from .conftest import Render, run
from .test_kubernetes import VERSIONS, manifests

COMPONENTS = ("ingress", "network-policy")


@pytest.fixture(scope="module")
def project(render: Render) -> Path:
    return render(project_slug="the_shop", deploy="kubernetes")


@pytest.fixture(scope="module")
def base(project: Path) -> dict[str, Any]:
    return {path.stem: _read(path) for path in manifests(project)}


@pytest.fixture(scope="module")
def ingress(project: Path) -> dict[str, Any]:
    return _read(project / "kubernetes/ingress/ingress.yaml")


@pytest.fixture(scope="module")
def policy(project: Path) -> dict[str, Any]:
    return _read(project / "kubernetes/network-policy/network-policy.yaml")


def _read(path: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return manifest


def _settings(project: Path, file: str) -> dict[str, str]:
    return dict(re.findall(r"^(?:# )?([A-Z0-9_]+)=(.*)$", (project / file).read_text("utf-8"), re.MULTILINE))


def _ports(rules: list[dict[str, Any]]) -> list[int]:
    return [port["port"] for rule in rules for port in rule["ports"]]


@pytest.mark.parametrize("telemetry", ["yes", "no"])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_manifests_match_the_schemas(version: str, telemetry: str, render: Render) -> None:
    project = render(project_slug="on", deploy="kubernetes", telemetry=telemetry)
    paths = [project / f"kubernetes/{name}/{name}.yaml" for name in COMPONENTS]
    checkers.check(*checkers.KUBERNETES, version, *paths)


@pytest.mark.parametrize(("name", "known"), [("ingress", "secretName"), ("network-policy", "podSelector")])
def test_an_unknown_property_is_detected(name: str, known: str, project: Path, tmp_path: Path) -> None:
    text = (project / f"kubernetes/{name}/{name}.yaml").read_text("utf-8")
    (tmp_path / "faulty.yaml").write_text(text.replace(known, "unknown"), encoding="utf-8")
    with pytest.raises(AssertionError, match="unknown"):
        checkers.check(*checkers.KUBERNETES, VERSIONS[0], tmp_path / "faulty.yaml")


def test_the_ingress_leads_to_the_service_with_tls(ingress: dict[str, Any], base: dict[str, Any]) -> None:
    (rule,), (tls,) = ingress["spec"]["rules"], ingress["spec"]["tls"]
    (path,) = rule["http"]["paths"]
    service = base["service"]
    assert path["backend"]["service"]["name"] == service["metadata"]["name"]
    assert path["backend"]["service"]["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
    assert tls["hosts"] == [rule["host"]]


def test_the_service_accepts_the_ingresss_host(ingress: dict[str, Any], project: Path) -> None:
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == _settings(project, "kubernetes/config.env")["TRUSTED_HOSTS"]


def test_the_readme_names_the_secret_of_the_certificate(ingress: dict[str, Any], project: Path) -> None:
    secret = ingress["spec"]["tls"][0]["secretName"]
    assert f"kubectl create secret tls {secret} " in (project / "kubernetes/README.md").read_text("utf-8")


def test_the_policy_selects_all_pods(policy: dict[str, Any], base: dict[str, Any]) -> None:
    wanted = policy["spec"]["podSelector"]["matchLabels"]
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    for name in ("deployment", "worker", "migration-job"):
        assert wanted.items() <= base[name]["spec"]["template"]["metadata"]["labels"].items(), name


def test_clients_reach_the_ports_of_the_api_and_of_the_metrics_only(
    policy: dict[str, Any], base: dict[str, Any], project: Path, render: Render
) -> None:
    (container,) = base["deployment"]["spec"]["template"]["spec"]["containers"]
    api = container["ports"][0]["containerPort"]
    rules = policy["spec"]["ingress"]
    assert _ports(rules) == [api, int(_settings(project, ".env.example")["METRICS_PORT"])]
    assert all(rule["from"] for rule in rules), "a rule without `from` admits everybody"
    without = render(project_slug="the_shop", deploy="kubernetes", telemetry="no")
    less = _read(without / "kubernetes/network-policy/network-policy.yaml")
    assert _ports(less["spec"]["ingress"]) == [api]


def test_pods_reach_dns_the_database_the_mail_server_and_the_bucket(policy: dict[str, Any], project: Path) -> None:
    defaults = _settings(project, ".env.example")
    assert _settings(project, "kubernetes/config.env")["S3_ENDPOINT"].startswith("https://")
    names, others = policy["spec"]["egress"]
    assert [(port.get("protocol", "TCP"), port["port"]) for port in names["ports"]] == [("UDP", 53), ("TCP", 53)]
    assert _ports([others]) == [int(defaults["DB_PORT"]), int(defaults["SMTP_PORT"]), 443]


def test_the_readme_and_the_kustomization_name_the_components(project: Path) -> None:
    assert f"`components: [{', '.join(COMPONENTS)}]`" in (project / "kubernetes/README.md").read_text("utf-8")
    assert "s3, ingress and network-policy" in (project / "kubernetes/kustomization.yaml").read_text("utf-8")


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
@pytest.mark.parametrize("components", [COMPONENTS, ("s3", *COMPONENTS)], ids=" ".join)
def test_kustomize_adds_them_to_the_base(components: tuple[str, ...], project: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(project / "kubernetes", tmp_path / "kubernetes"))
    file = place / "kustomization.yaml"
    enabled = f"components: [{', '.join(components)}]"
    file.write_text(file.read_text("utf-8").replace("\n# components: [s3]\n", f"\n{enabled}\n"), encoding="utf-8")
    built = {each["kind"]: each for each in yaml.safe_load_all(run("kubectl", "kustomize", place, cwd=tmp_path))}
    for kind in ("Ingress", "NetworkPolicy"):
        assert built[kind]["metadata"]["labels"]["app.kubernetes.io/name"] == "the-shop", kind
    assert ("PersistentVolumeClaim" in built) == ("s3" not in components)
