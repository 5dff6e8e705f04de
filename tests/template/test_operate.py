"""Tests of docs/operate.md: its sums, the errors and metrics that it names, and the keys of secrets."""

import re
from pathlib import Path

import pytest
import yaml
from combinations import FULL

from .conftest import TEMPLATE, Render, run
from .test_kubernetes import CONNECTIONS

# Prints the settings that are secrets.
ASKED = """
from app.core.config import Settings
from app.kit.s3.settings import S3Settings
from app.kit.telemetry.settings import TelemetrySettings

for kind in (Settings, S3Settings, TelemetrySettings):
    for name, field in kind.model_fields.items():
        if "Secret" in str(field):
            print(name)
"""


@pytest.fixture(scope="module")
def project(render: Render) -> Path:
    return render(project_slug="the_shop", deploy="kubernetes")


@pytest.fixture(scope="module")
def page(project: Path) -> str:
    return (project / "docs/operate.md").read_text("utf-8")


def section(page: str, title: str) -> str:
    return re.split(r"^## ", page.split(f"\n## {title}\n")[1], flags=re.MULTILINE)[0]


def test_the_example_sizes_leave_ten_connections(page: str) -> None:
    rows = re.findall(
        r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \+ (\d+)[^|]* \| \((\d+) x (\d+) \+ (\d+)\) x (\d+) = (\d+) \|$",
        page,
        re.MULTILINE,
    )
    assert len(rows) == page.count(" = ") >= 4
    for row in rows:
        machines, processes, workers, size, overflow, *shown, total = map(int, row)
        assert shown == [machines + 1, processes, workers, size + overflow]
        assert (shown[0] * processes + workers) * shown[3] == total <= CONNECTIONS - 10
    defaults = dict(re.findall(r"^ +(DB_\w+): int = Field\(default=(\d+)", text_of("app/core/settings"), re.MULTILINE))
    assert rows[0][3:5] == (defaults["DB_POOL_SIZE"], defaults["DB_MAX_OVERFLOW"])


def test_the_errors_and_metrics_of_the_page_exist(page: str) -> None:
    code = text_of("app")
    errors = re.findall(r"`([A-Z][a-z]+ [^`]+)`", section(page, "Scale") + section(page, "Secrets from a manager"))
    metrics = re.findall(r"`((?:database|jobs)_\w+)[`{]", page)
    assert len(errors) >= 7
    assert len(metrics) == 3
    assert [name for name in [*errors, *metrics] if f'"{name}' not in code] == []


def text_of(folder: str) -> str:
    return "".join(path.read_text("utf-8") for path in (TEMPLATE / folder).rglob("*.py"))


def test_the_external_secret_writes_the_secret_that_the_pods_mount(project: Path, page: str) -> None:
    block = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert block
    target = yaml.safe_load(block[1])["spec"]["target"]["name"]
    pod = yaml.safe_load((project / "kubernetes/deployment.yaml").read_text("utf-8"))["spec"]["template"]["spec"]
    assert [volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume] == [target]


@pytest.mark.skipif(not FULL, reason="nox -s full")
def test_the_page_names_every_secret(page: str, project: Path, python: Path) -> None:
    secrets = run(python, "-c", ASKED, cwd=project).split()
    table = re.findall(r"^\|.*", section(page, "Secrets from a manager"), re.MULTILINE)
    named = set(re.findall(r"`([A-Z0-9_]+)`", "".join(table))) - {"_OLD"}
    assert named == {name for name in secrets if not name.endswith("_OLD")}
