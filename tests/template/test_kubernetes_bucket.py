"""Tests of the Kubernetes base with pictures in a bucket: the patches fit, and no pods share a volume."""

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import checkers
import pytest
import yaml

from .conftest import Render, run
from .test_kubernetes import VERSIONS, manifests

Manifest = dict[str, Any]
ENABLED = "\ncomponents: [s3]\n"


@pytest.fixture(scope="module")
def project(render: Render) -> Path:
    return render(project_slug="the_shop", deploy="kubernetes")


@pytest.fixture(scope="module")
def base(project: Path) -> list[Manifest]:
    return [read(path) for path in manifests(project)]


@pytest.fixture(scope="module")
def patched(project: Path, base: list[Manifest]) -> list[Manifest]:
    """Return the manifests of the base as kustomize patches them."""
    patches = read(project / "kubernetes/s3/kustomization.yaml")["patches"]
    changed = [patched_one(manifest, [p for p in patches if selects(p["target"], manifest)]) for manifest in base]
    return [manifest for manifest in changed if manifest]


def read(path: Path) -> Manifest:
    manifest: Manifest = yaml.safe_load(path.read_text("utf-8"))
    return manifest


def selects(target: Manifest, manifest: Manifest) -> bool:
    name = manifest["metadata"]["name"]
    return bool(target["kind"] == manifest["kind"] and target.get("name", name) == name)


def patched_one(manifest: Manifest, patches: list[Manifest]) -> Manifest | None:
    changed = deepcopy(manifest)
    for patch in (yaml.safe_load(patch["patch"]) for patch in patches):
        if isinstance(patch, dict):
            assert patch.pop("$patch") == "delete"
            assert patch.items() <= {**manifest, "metadata": {"name": manifest["metadata"]["name"]}}.items()
            return None
        for step in patch:
            change(changed, **step)
    return changed


def change(manifest: Manifest, op: str, path: str, value: object = None) -> None:
    """Apply an operation of a JSON patch (RFC 6902)."""
    place: Any = manifest
    *parents, last = (int(part) if part.isdecimal() else part for part in path.removeprefix("/").split("/"))
    for part in parents:
        place = place[part]
    if op == "test":
        assert place[last] == value, path
    elif op == "remove":
        del place[last]
    else:
        assert op == "replace"
        assert place[last], path
        place[last] = value


def mounts(manifests: list[Manifest]) -> dict[str, set[str]]:
    """Return the names of the volumes of the pods of each deployment; each is mounted."""
    found = {}
    for manifest in (each for each in manifests if each["kind"] == "Deployment"):
        spec = manifest["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in spec["volumes"]}
        found[manifest["metadata"]["name"]] = mounted
    return found


def test_pods_share_no_volume(base: list[Manifest], patched: list[Manifest]) -> None:
    assert "ReadWriteMany" in str(base)
    assert mounts(base) == {"the-shop": {"secrets", "tmp", "uploads"}, "the-shop-worker": {"secrets", "tmp", "uploads"}}
    assert mounts(patched) == {"the-shop": {"secrets", "tmp"}, "the-shop-worker": {"secrets", "tmp"}}
    assert {each["kind"] for each in base} - {each["kind"] for each in patched} == {"PersistentVolumeClaim"}
    assert "claimName" not in str(patched)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_patched_manifests_match_the_schemas(version: str, patched: list[Manifest], tmp_path: Path) -> None:
    for number, manifest in enumerate(patched):
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump(manifest), encoding="utf-8")
    checkers.check(*checkers.KUBERNETES, version, *sorted(tmp_path.iterdir()))


def test_uploads_of_all_clients_fit_into_the_temporary_directory(patched: list[Manifest], project: Path) -> None:
    (api,) = [each for each in patched if each["kind"] == "Deployment" and each["metadata"]["name"] == "the-shop"]
    (size,) = [
        volume["emptyDir"]["sizeLimit"]
        for volume in api["spec"]["template"]["spec"]["volumes"]
        if volume["name"] == "tmp"
    ]
    example = (project / ".env.example").read_text("utf-8")
    assert "# MAX_CONNECTIONS=500\n" in example
    assert f"# MAX_UPLOAD_SIZE={10 * 1024 * 1024}\n" in example
    assert size == f"{500 * 10}Mi"


def test_the_readme_and_the_kustomization_name_the_line_to_uncomment(project: Path) -> None:
    assert "uncomment `components: [s3]`" in (project / "kubernetes/README.md").read_text("utf-8")
    assert f"\n# {ENABLED.strip()}\n" in (project / "kubernetes/kustomization.yaml").read_text("utf-8")


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kustomize_patches_in_the_same_way(project: Path, patched: list[Manifest], tmp_path: Path) -> None:
    place = Path(shutil.copytree(project / "kubernetes", tmp_path / "kubernetes"))
    file = place / "kustomization.yaml"
    file.write_text(file.read_text("utf-8").replace(f"\n# {ENABLED.strip()}\n", ENABLED), encoding="utf-8")
    built = list(yaml.safe_load_all(run("kubectl", "kustomize", place, cwd=tmp_path)))
    assert {each["kind"] for each in built} == {each["kind"] for each in patched} | {"ConfigMap"}
    assert mounts(built) == mounts(patched)
